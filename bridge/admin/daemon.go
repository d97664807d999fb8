package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// status tells of the daemon as a whole.
func (a *api) status(r *http.Request) (any, error) {
	sources, err := a.bridge.Sources(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	queues, err := a.queues(r.Context())
	if err != nil {
		return nil, err
	}
	status := Status{Version: a.bridge.Version(), Started: a.started.UTC(), Ready: true, Queue: queues}
	if err := a.bridge.Ready(); err != nil {
		status.Ready, status.Reason = false, err.Error()
	}
	for _, s := range sources {
		status.Sources.add(sourceOf(s))
	}
	return status, nil
}

func (c *Counts) add(s Source) {
	c.Total++
	if s.Polling {
		c.Polling++
	}
	*map[string]*int{
		StatePaused: &c.Paused, StateBlocked: &c.Blocked, StateHeld: &c.Held, StateFailing: &c.Failing, StateNew: &c.New, StateOK: &c.OK,
	}[s.State]++
}

func (a *api) queues(ctx context.Context) (map[string]Queue, error) {
	counts, err := a.bridge.History().Queue(ctx)
	if err != nil {
		return nil, fmt.Errorf("count queue: %w", err)
	}
	queues := map[string]Queue{}
	for sink, q := range counts {
		queues[sink] = queueOf(q)
	}
	return queues, nil
}

func queueOf(q store.Queue) Queue {
	return Queue{Pending: q.Pending, Dead: q.Dead, Oldest: q.Oldest.UTC()}
}

// reload answers a configuration with mistakes with its diagnostics.
func (a *api) reload(r *http.Request, _ nothing) (any, error) {
	err := a.bridge.Reload(r.Context())
	if err != nil && statusOf(err) == http.StatusInternalServerError {
		err = &Error{http.StatusUnprocessableEntity, err.Error()}
	}
	return nothing{}, err
}

func (a *api) health(w http.ResponseWriter, r *http.Request) {
	a.probe(w, r, a.bridge.Alive(r.Context()))
}

func (a *api) ready(w http.ResponseWriter, r *http.Request) { a.probe(w, r, a.bridge.Ready()) }

// probe answers a supervisor. The reason is for those who bear the token.
func (a *api) probe(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		reply(w, http.StatusOK, Health{"ok"})
		return
	}
	if !a.authorized(r) {
		err = errors.New("not now")
	}
	refuse(w, &Error{http.StatusServiceUnavailable, err.Error()})
}
