package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
)

// An inquiry is the way of one poll to a server that gives out tokens. Each request takes a permit from the budget
// of that server, under the context of the poll whose turn it is there, and its time limit runs only while it is
// let go. It is told as a trace tells it.
type inquiry struct {
	client *Client
	ctx    context.Context // of the poll
	page   Request         // that the token is for
	count  int             // requests that were made
}

// inquire returns the way to a token for a page.
func (c *Client) inquire(ctx context.Context, page Request) *inquiry {
	return &inquiry{client: c, ctx: ctx, page: page}
}

// through returns a client that goes this way. Redirects are not followed, since the body would go along with them.
func (q *inquiry) through() *http.Client {
	return &http.Client{
		Transport:     q,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RoundTrip fulfils [http.RoundTripper].
func (q *inquiry) RoundTrip(req *http.Request) (*http.Response, error) {
	q.count++
	told := bridge.Exchange{
		Page: q.page.Page, For: q.client.settings.auth.Kind(), Method: req.Method,
		URL: q.client.veil().Text(req.URL.Scheme + "://" + req.URL.Host),
	}
	permit, err := q.client.accounts.take(q.ctx, req.URL)
	told.Unsent = err != nil
	if err == nil {
		told.Say(waited(permit))
		began := time.Now()
		resp, failed := q.ask(req)
		told.Duration = time.Since(began)
		told.Status, told.Limits = q.client.observe(permit, resp)
		if failed == nil {
			q.page.trace(told)
			return resp, nil
		}
		err = failed
	}
	told.Say(q.client.veil().Text(err.Error()))
	q.page.trace(told)
	return nil, err
}

// ask makes the request, which with the reading of its answer may take as long as the settings say.
func (q *inquiry) ask(req *http.Request) (*http.Response, error) {
	limit := q.client.settings.Limits.Header + q.client.settings.Limits.Idle
	silent := silence{fmt.Sprintf("no answer within %s (header_timeout, idle_timeout)", limit)}
	ctx, cancel := context.WithTimeoutCause(req.Context(), limit, silent)
	resp, err := q.client.send(req.WithContext(ctx), SameOrigin(req.URL, q.client.settings.URL))
	if err != nil {
		err = silenced(ctx, err)
		cancel()
		return nil, err
	}
	resp.Body = &limitedBody{resp.Body, ctx, cancel}
	return resp, nil
}

// silenced returns the silence of the server where that is why a request ended.
func silenced(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
		return cause
	}
	return err
}

type limitedBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelFunc
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = silenced(b.ctx, err)
	}
	return n, err
}

func (b *limitedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// observe tells the budget what came of a request, nil for no answer, and returns what a trace tells of that.
func (c *Client) observe(permit bridge.Permit, resp *http.Response) (status int, limits string) {
	if resp == nil {
		permit.Observe(0, nil)
		return 0, ""
	}
	permit.Observe(resp.StatusCode, resp.Header)
	now := time.Now()
	return resp.StatusCode, c.veil().Text(budget.Hear(resp.Header, now).Told(now))
}

// waited tells of a wait for a permit that people would notice.
func waited(permit bridge.Permit) string {
	wait, reason := permit.Waited()
	return waitedFor(wait, reason)
}

func waitedFor(wait time.Duration, reason string) string {
	if wait = wait.Round(10 * time.Millisecond); wait > 0 {
		return fmt.Sprintf("waited %s: %s", wait, reason)
	}
	return ""
}
