package credential

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// mostSlack is how long before its end a token is replaced, at most; a tenth of its life otherwise. It covers the
// time that a request is under way, and clocks that differ.
const mostSlack = time.Minute

// A token is what a server gave out.
type token struct {
	text string    // as it is sent
	ends time.Time // zero: it is not known when
	slow time.Duration
}

// lasting makes a token that ends so long from now; 0: it is not known when.
func lasting(text string, life time.Duration) token {
	t := token{text: text}
	if life > 0 {
		t.ends, t.slow = time.Now().Add(life), min(life/10, mostSlack)
	}
	return t
}

func (t token) good() bool {
	return t.text != "" && (t.ends.IsZero() || time.Now().Before(t.ends.Add(-t.slow)))
}

// tokens is a supply that asks for its text. One request is under way at a time, and those who wait for it share
// what comes of it.
type tokens struct {
	hidden *hidden
	ask    func(ctx context.Context, through *http.Client) (token, error)
	from   []*setting.Live // what it asks with

	turn    chan struct{} // holds one
	asked   atomic.Uint64 // counts the requests that ended
	current atomic.Pointer[issued]
	failure error // of the last request; of the one whose turn it is
}

// An issued token is one that was got. The zero one is none.
type issued struct {
	token
	stamp Stamp
}

func newTokens(
	h *hidden, ask func(context.Context, *http.Client) (token, error), from ...*setting.Live,
) *tokens {
	t := &tokens{hidden: h, ask: ask, from: from, turn: make(chan struct{}, 1)}
	t.current.Store(&issued{})
	return t
}

func (t *tokens) ready() bool { return t.current.Load().good() }

func (t *tokens) text() (string, Stamp) {
	current := t.current.Load()
	return current.text, current.stamp
}

func (t *tokens) prepare(ctx context.Context, through *http.Client) error {
	if t.ready() {
		return nil
	}
	return t.take(ctx, func(shared bool) error {
		if t.ready() {
			return nil
		}
		return t.next(ctx, through, shared)
	})
}

func (t *tokens) renew(ctx context.Context, through *http.Client, used Stamp) (bool, error) {
	err := t.take(ctx, func(shared bool) error {
		if t.current.Load().stamp != used {
			return nil
		}
		for _, secret := range t.from { // what was refused may come from a file that has changed
			secret.Renew()
		}
		return t.next(ctx, through, shared)
	})
	return err == nil, err
}

// take waits for its turn. Shared says that somebody else's request has ended in the meantime.
func (t *tokens) take(ctx context.Context, then func(shared bool) error) error {
	before := t.asked.Load()
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
		return then(t.asked.Load() != before)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// next asks for a token, unless the one that was waited for has failed: then all who waited fail with it.
func (t *tokens) next(ctx context.Context, through *http.Client, shared bool) error {
	if shared && t.failure != nil {
		return t.failure
	}
	got, err := t.ask(ctx, through)
	if err == nil && (got.text == "" || !httpguts.ValidHeaderFieldValue(got.text)) {
		err = errors.New("the server gave a token that no header can carry")
	}
	t.failure = nil
	if err != nil && ctx.Err() == nil && !bridge.IsPutOff(err) { // what ended with one poll is nothing to the others
		t.failure = err
	}
	t.asked.Add(1)
	if err != nil {
		return err
	}
	t.hidden.hide(got.text)
	t.current.Store(&issued{got, t.current.Load().stamp + 1})
	return nil
}
