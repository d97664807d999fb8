package admin

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// sinks lists the sinks that are configured, and those that are not any more but still have a queue.
func (a *api) sinks(r *http.Request) (any, error) { return a.allSinks(r.Context()) }

func (a *api) allSinks(ctx context.Context) ([]Sink, error) {
	sinks, err := a.bridge.Sinks(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sinks: %w", err)
	}
	queues, err := a.queues(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Sink, 0, len(sinks))
	for _, s := range sinks {
		s.Queue = queues[s.Name]
		all = append(all, s)
		delete(queues, s.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(queues)) {
		if q := queues[name]; q.Pending+q.Dead > 0 {
			all = append(all, Sink{Name: name, Queue: q})
		}
	}
	slices.SortStableFunc(all, func(a, b Sink) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (a *api) sink(r *http.Request) (any, error) { return a.oneSink(r.Context(), r.PathValue("sink")) }

func (a *api) oneSink(ctx context.Context, name string) (Sink, error) {
	all, err := a.allSinks(ctx)
	if err != nil {
		return Sink{}, err
	}
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
	}
	return Sink{}, fmt.Errorf("sink %q: %w", name, store.ErrNotFound)
}

func (a *api) pauseSink(r *http.Request, _ nothing) (any, error) {
	return a.changeSink(r, a.bridge.PauseSink)
}

func (a *api) resumeSink(r *http.Request, _ nothing) (any, error) {
	return a.changeSink(r, a.bridge.ResumeSink)
}

// changeSink answers with the sink as it is afterwards.
func (a *api) changeSink(r *http.Request, change func(context.Context, string) error) (any, error) {
	name := r.PathValue("sink")
	if err := change(r.Context(), name); err != nil {
		return nil, err
	}
	return a.oneSink(r.Context(), name)
}

// SinkOf tells where a sink stands, in the manner of the API. Its queue comes from the history.
func SinkOf(settings deliver.Settings, status deliver.Status) Sink {
	s := Sink{
		Name: settings.Name, Kind: settings.Kind, State: StateOK, Order: settings.Order.String(),
		Concurrency: settings.Concurrency, Attempting: status.Flying, Until: status.Until.UTC(), Reason: status.Reason,
	}
	switch {
	case !status.Disabled.IsZero():
		s.State, s.Since = SinkDisabled, status.Disabled.UTC()
	case !status.Paused.IsZero():
		s.State, s.Since, s.Reason = SinkPaused, status.Paused.UTC(), ""
	case status.Broken:
		s.State, s.Since = SinkBroken, status.Failing.UTC()
	case !status.Failing.IsZero():
		s.State, s.Since = SinkFailing, status.Failing.UTC()
	default:
		s.Reason = status.Trouble
	}
	return s
}
