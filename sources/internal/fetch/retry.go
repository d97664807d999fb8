package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/jitter"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential"
)

// Fetch gets one page. A 429 or 5xx is tried again, not sooner than the server asks, as long as the wait
// fits into what is left of the context's deadline; where it does not, the error bears the wait
// ([bridge.Wait]). Everything else but a 2xx and a 304 is an error at once, unless [Rules] say otherwise.
func (c *Client) Fetch(ctx context.Context, r Request) (*Answer, error) {
	patience, authorised := c.newPatience(ctx), c.authorised()
	tries, last := 0, error(nil)
	again := func(_ error, wait time.Duration) { r.tried, r.again = true, wait }
	answer, err := backoff.RetryNotifyWithData(func() (*Answer, error) {
		answer, err := authorised(ctx, r)
		switch {
		case err == nil:
			return answer, nil
		case last != nil && errors.Is(err, bridge.ErrPlayedOut):
			return nil, backoff.Permanent(last) // here it was given up when it was recorded
		}
		tries, last = tries+1, err
		wait, passing := passes(err)
		if !passing {
			return nil, backoff.Permanent(err)
		}
		patience.asked = wait
		return nil, err
	}, backoff.WithContext(patience, ctx), again)
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
	told = c.veil().Wrap(told)
	return verdict(told, err)
}

// verdict adds to an error what a refusal says of the next poll.
func verdict(told, err error) error {
	wait, _ := passes(err)
	switch {
	case wait > 0:
		return bridge.RetryAfter(told, wait)
	case lasts(err):
		return bridge.Refused(told)
	}
	return told
}

// A refusal is an answer that is no success.
type refusal struct {
	status int
	action Action // ByStatus: no rule spoke
	own    bool   // it came from the origin of the config
	text   string
	wait   time.Duration // that the server asked for
	cause  error         // or nil
	stamp  credential.Stamp
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
	return passing(r.status)
}

func passing(status int) bool { return status == http.StatusTooManyRequests || status >= 500 }

// passes reports whether the server may answer differently in a moment, and how long it asked to wait. So may one
// that gives out tokens.
func passes(err error) (wait time.Duration, ok bool) {
	if no, ok := errors.AsType[refusal](err); ok {
		return no.wait, no.passing()
	}
	if no, ok := errors.AsType[*credential.Refusal](err); ok {
		return no.Wait, passing(no.Status)
	}
	return 0, false
}

// lasts reports whether the server, or one that gives out tokens, will answer the same until somebody changes
// something.
func lasts(err error) bool {
	if no, ok := errors.AsType[refusal](err); ok {
		return no.action != Retry && lasting(no.status)
	}
	no, ok := errors.AsType[*credential.Refusal](err)
	return ok && lasting(no.Status)
}

func lasting(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status/100 == 4
}

// A patience is the backoff of one page.
type patience struct {
	backoff.BackOff
	deadline time.Time
	asked    time.Duration // by the last answer
	offline  bool          // nobody is asked: the tape says when it is enough
	random   jitter.Source
}

func (c *Client) newPatience(ctx context.Context) *patience {
	p := &patience{offline: c.offline, random: c.random, BackOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second),
		backoff.WithRandomizationFactor(0),
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
	next := max(p.random.Around(p.BackOff.NextBackOff(), backoff.DefaultRandomizationFactor), p.asked)
	p.asked = 0
	switch {
	case p.offline:
		return 0
	case next >= time.Until(p.deadline):
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
	return refusal{
		status: resp.StatusCode, text: text, wait: refusedFor(resp.StatusCode, resp.Header, time.Now()),
		own: SameOrigin(resp.Request.URL, c.settings.URL), stamp: r.stamp,
	}
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
