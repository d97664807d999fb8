package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/hookbridge/hookbridge/bridge"
)

// Fetch gets one page. A 429 or 5xx is tried again, not sooner than the server asks, as long as the wait
// fits into what is left of the context's deadline; where it does not, the error bears the wait
// ([bridge.Wait]). Everything else but a 2xx and a 304 is an error at once, unless [Rules] say otherwise.
func (c *Client) Fetch(ctx context.Context, r Request) (*Answer, error) {
	patience := newPatience(ctx)
	tries := 0
	answer, err := backoff.RetryWithData(func() (*Answer, error) {
		tries++
		answer, err := c.renewed(ctx, r)
		if err == nil {
			return answer, nil
		}
		no, ok := errors.AsType[refusal](err)
		if !ok || !no.passing() {
			return nil, backoff.Permanent(err)
		}
		patience.asked = no.wait
		return nil, err
	}, backoff.WithContext(patience, ctx))
	if err != nil {
		return nil, c.failed(ctx, r, err, tries)
	}
	return answer, nil
}

// failed tells of a page that could not be had.
func (c *Client) failed(ctx context.Context, r Request, err error, tries int) error {
	if ctx.Err() != nil {
		err = Ended(ctx)
	}
	told := fmt.Errorf("fetch page %d: %s %s: %w", r.Page, c.settings.Method, c.Show(r.URL), err)
	if tries > 1 {
		told = fmt.Errorf("%w (gave up after %d tries)", told, tries)
	}
	told = c.veil.Wrap(told)
	return verdict(told, err)
}

// verdict adds to an error what a refusal says of the next poll.
func verdict(told, err error) error {
	no, ok := errors.AsType[refusal](err)
	switch {
	case ok && no.wait > 0:
		return bridge.RetryAfter(told, no.wait)
	case ok && no.lasting():
		return bridge.Refused(told)
	}
	return told
}

// A refusal is an answer that is no success.
type refusal struct {
	status int
	action Action // ByStatus: no rule spoke
	own    bool   // it came from the origin of the config; told only where a rule spoke
	text   string
	wait   time.Duration // that the server asked for
	cause  error         // or nil
}

func (r refusal) Error() string { return r.text }
func (r refusal) Unwrap() error { return r.cause }

// StatusOf returns the status of the answer that an error of [Client.Fetch] is about, 0 where there was none.
func StatusOf(err error) int {
	no, _ := errors.AsType[refusal](err)
	return no.status
}

// passing reports whether the server may answer differently in a moment.
func (r refusal) passing() bool {
	if r.action != ByStatus {
		return r.action == Retry
	}
	return r.status == http.StatusTooManyRequests || r.status >= 500
}

// lasting reports whether the server will answer the same until somebody changes something.
func (r refusal) lasting() bool {
	if r.action == Retry {
		return false
	}
	switch r.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return r.status/100 == 4
}

// A patience is the backoff of one page.
type patience struct {
	backoff.BackOff
	deadline time.Time
	asked    time.Duration // by the last answer
}

func newPatience(ctx context.Context) *patience {
	p := &patience{BackOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second),
		backoff.WithMultiplier(2),
		backoff.WithMaxInterval(30*time.Second),
		backoff.WithMaxElapsedTime(0),
	)}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Minute)
	}
	p.deadline = deadline
	return p
}

// NextBackOff returns how long to wait, and backoff.Stop where that is longer than there is time.
func (p *patience) NextBackOff() time.Duration {
	next := max(p.BackOff.NextBackOff(), p.asked)
	p.asked = 0
	if next >= time.Until(p.deadline) {
		return backoff.Stop
	}
	return next
}

// refused makes an error of an answer that is no success: what it was, what may be wrong, what it said.
func (c *Client) refused(resp *http.Response, r Request) error {
	text := fmt.Sprintf("status %d", resp.StatusCode)
	if hint := c.hint(resp, r); hint != "" {
		text += " (" + hint + ")"
	}
	if said := c.excerpt(resp.Body); said != "" {
		text += fmt.Sprintf(": %q", said)
	}
	return refusal{status: resp.StatusCode, text: text, wait: refusedFor(resp.StatusCode, resp.Header, time.Now())}
}

func (c *Client) hint(resp *http.Response, r Request) string {
	status := resp.StatusCode
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		if !SameOrigin(resp.Request.URL, c.settings.URL) {
			return fmt.Sprintf("%s gets no credentials of %s", Origin(resp.Request.URL), Origin(r.URL))
		}
		return "look at auth"
	case status == http.StatusNotFound || status == http.StatusGone:
		return "look at url"
	case status/100 == 3:
		return "a redirect that is not followed: write where it leads as url"
	}
	return ""
}
