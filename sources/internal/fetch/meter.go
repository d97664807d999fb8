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
	if _, plays := playing(env); plays {
		a.of = func(string) bridge.Budget { return free{} }
	}
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
	page   Request
	told   *bridge.Exchange
	permit bridge.Permit // of the request under way
	left   time.Duration // of the time for a header
	began  time.Time     // when the request under way was let go
}

// do makes a request and follows its redirects. The time that it may take for the header of an answer runs
// only while it is let go.
func (c *Client) do(
	w *watching, req *http.Request, page Request, told *bridge.Exchange,
) (resp *http.Response, stamp credential.Stamp, err error) {
	m := &meter{client: c, watch: w, page: page, told: told, left: c.settings.Limits.Header}
	if err := m.take(req, SameOrigin(req.URL, c.settings.URL)); err != nil {
		told.Unsent = true
		return nil, 0, err
	}
	way := &journey{Client: c}
	follower := &http.Client{Transport: c.taped(way), CheckRedirect: m.redirect}
	resp, err = follower.Do(req) //nolint:gosec // the operator names the server, and the guard stands in the dialer
	m.observe(resp)
	return resp, way.stamp, err
}

func (m *meter) redirect(req *http.Request, via []*http.Request) error {
	if err := m.client.checkRedirect(req, via); err != nil {
		return err
	}
	m.observe(req.Response)
	return m.take(req, !m.client.left(req, via))
}

// mostTokens bounds the tokens that one request is to wait for.
const mostTokens = 3

// take waits for the permit of a request, with something to sign it with at hand where it is for the own origin. A
// token may be asked for under a permit of its own, so that none is held meanwhile; where it runs out while the
// request waits in line, the request goes back to the line, and its permit counts as spent.
func (m *meter) take(req *http.Request, own bool) error {
	auth := m.client.settings.auth
	for tries := 1; ; tries++ {
		if err := m.prepare(own); err != nil {
			return err
		}
		permit, err := m.client.accounts.take(m.watch.ctx, req.URL)
		if err != nil {
			return err
		}
		m.note(permit.Waited())
		if own && auth != nil && !auth.Ready() && tries < mostTokens {
			permit.Observe(0, nil)
			continue
		}
		m.permit, m.began = permit, time.Now()
		m.watch.start(m.left, fmt.Sprintf("no answer within %s (header_timeout)", m.client.settings.Limits.Header))
		return nil
	}
}

// prepare gets what a request to the own origin is signed with. That is an exchange of its own, or a wait for that
// of another source.
func (m *meter) prepare(own bool) error {
	if !own || m.client.settings.auth == nil {
		return nil
	}
	began := time.Now()
	asked := m.client.inquire(m.watch.ctx, m.page)
	err := m.client.settings.auth.Prepare(m.watch.ctx, asked.through())
	if took := time.Since(began); asked.count > 0 {
		m.told.Duration -= took
	} else {
		m.note(took, "a token that another source asked for")
	}
	return err
}

// note tells of a wait.
func (m *meter) note(wait time.Duration, reason string) {
	m.told.Duration -= wait
	m.told.Say(waitedFor(wait, reason))
}

// observe tells the budget what came of the request under way.
func (m *meter) observe(resp *http.Response) {
	if m.permit == nil {
		return
	}
	m.watch.stop()
	m.left -= time.Since(m.began)
	_, m.told.Limits = m.client.observe(m.permit, resp)
	m.permit = nil
}
