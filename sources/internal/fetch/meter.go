package fetch

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential"
)

// accounts are the budgets that a client takes from.
type accounts struct {
	source string
	of     func(origin string) bridge.Budget

	mu   sync.Mutex
	used []bridge.Budget // in the poll under way
}

func newAccounts(env bridge.Env) *accounts {
	a := &accounts{source: env.Name, of: env.Budget}
	if a.of == nil {
		own := budget.NewRegistry()
		a.of = func(origin string) bridge.Budget { return own.Host(origin) }
	}
	return a
}

// take waits for the permit of a request to the URL.
func (a *accounts) take(ctx context.Context, to *url.URL) (bridge.Permit, error) {
	from := a.of(Origin(to))
	a.mu.Lock()
	if !slices.Contains(a.used, from) {
		a.used = append(a.used, from)
	}
	a.mu.Unlock()
	return from.Acquire(ctx, a.source)
}

// leave ends the poll's turns.
func (a *accounts) leave() {
	a.mu.Lock()
	used := a.used
	a.used = nil
	a.mu.Unlock()
	for _, from := range used {
		from.Leave(a.source)
	}
}

// Wait returns how long the server asks not to be polled again, by what it said of its limits. A source calls
// it when a poll went well.
func (c *Client) Wait() time.Duration {
	return c.accounts.of(Origin(c.settings.URL)).Wait(c.accounts.source)
}

// A meter takes a permit for a request, and for each redirect of it.
type meter struct {
	client *Client
	watch  *watching
	told   *bridge.Exchange
	permit bridge.Permit // of the request under way
	left   time.Duration // of the time for a header
	stamp  credential.Stamp
	began  time.Time // when the request under way was let go
}

// do makes a request and follows its redirects. The time that it may take for the header of an answer runs
// only while it is let go.
func (c *Client) do(
	w *watching, req *http.Request, told *bridge.Exchange,
) (resp *http.Response, stamp credential.Stamp, err error) {
	m := &meter{client: c, watch: w, told: told, left: c.settings.Limits.Header}
	if err := m.take(req, SameOrigin(req.URL, c.settings.URL)); err != nil {
		return nil, 0, err
	}
	follower := c.travel()
	follower.CheckRedirect = m.redirect
	resp, err = follower.Do(req) //nolint:gosec // the operator names the server, and the guard stands in the dialer
	m.observe(resp)
	return resp, m.stamp, err
}

func (m *meter) redirect(req *http.Request, via []*http.Request) error {
	if err := m.client.checkRedirect(req, via); err != nil {
		return err
	}
	m.observe(req.Response)
	return m.take(req, !m.client.left(req, via))
}

// take waits for the permit of a request, and signs it where it is for the own origin.
func (m *meter) take(req *http.Request, own bool) error {
	permit, err := m.client.accounts.take(m.watch.ctx, req.URL)
	if err != nil {
		return err
	}
	m.note(permit.Waited())
	if own {
		if m.stamp, err = m.client.sign(req); err != nil {
			permit.Observe(0, nil)
			return err
		}
	}
	m.permit, m.began = permit, time.Now()
	m.watch.start(m.left, fmt.Sprintf("no answer within %s (header_timeout)", m.client.settings.Limits.Header))
	return nil
}

// note tells of a wait that people would notice.
func (m *meter) note(wait time.Duration, reason string) {
	m.told.Duration -= wait
	if wait = wait.Round(10 * time.Millisecond); wait > 0 {
		m.told.Say(fmt.Sprintf("waited %s: %s", wait, reason))
	}
}

// observe tells the budget what came of the request under way.
func (m *meter) observe(resp *http.Response) {
	if m.permit == nil {
		return
	}
	m.watch.stop()
	m.left -= time.Since(m.began)
	if resp == nil {
		m.permit.Observe(0, nil)
	} else {
		m.permit.Observe(resp.StatusCode, resp.Header)
	}
	m.permit = nil
}
