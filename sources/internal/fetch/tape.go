package fetch

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// playing returns the time at which what is played was recorded, where the answers come from a tape.
func playing(env bridge.Env) (at time.Time, plays bool) {
	if env.Tape == nil {
		return at, false
	}
	return env.Tape.Playing()
}

// Playing reports whether the answers come from a tape, and nobody is asked.
func (c *Client) Playing() bool { return c.offline }

// Clock returns what a source takes for the time of its polls.
func Clock(env bridge.Env) func() time.Time {
	if at, plays := playing(env); plays {
		return func() time.Time { return at }
	}
	return time.Now
}

// concealed is what a tape must not hold.
func (c *Client) concealed() bridge.Concealed {
	var texts []string
	if c.settings.auth != nil {
		texts, _ = c.settings.auth.Secrets()
	}
	return bridge.Concealed{Secrets: slices.Concat(c.settings.secrets, c.settings.loose, texts)}
}

// taped has a request go through the tape, if there is one: as it is before it is signed, and with the answer as it is
// decompressed.
func (c *Client) taped(way http.RoundTripper) http.RoundTripper {
	if c.tape == nil {
		return way
	}
	return c.tape.Through(unpacked{way})
}

// An unpacked way undoes the compression of answers. One that cannot be undone is left, and told by who reads it.
type unpacked struct{ http.RoundTripper }

func (u unpacked) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(req)
	if err == nil && decompress(resp) == nil {
		resp.Header.Del("Content-Encoding")
	}
	return resp, err
}

// free is the budget of requests that nobody gets.
type free struct{}

func (free) Acquire(ctx context.Context, _ string) (bridge.Permit, error) { return free{}, ctx.Err() }
func (free) Wait(string) time.Duration                                    { return 0 }
func (free) Leave(string)                                                 {}
func (free) Waited() (time.Duration, string)                              { return 0, "" }
func (free) Observe(int, http.Header)                                     {}
