package budget

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// Settings are what an operator says of a budget.
type Settings struct {
	Name    string  // as errors tell it: budget.github, or the origin of a server
	Rate    float64 // requests a second, all sources together; 0: no bound but the server's
	Reserve float64 // share of what the server says is left that is kept free, from 0 up to 1
}

// A Budget is what the requests of some sources take from. It fulfils [bridge.Budget].
type Budget struct {
	settings Settings
	interval time.Duration // between two requests

	mu       sync.Mutex
	turns    map[string]*turn     // by source
	active   map[*turn]struct{}   // whose poll is under way
	owing    map[*turn]struct{}   // that were told to come back
	places   uint64               // given so far
	usual    int                  // requests of a poll, by those that ended
	line     []*waiter            // by place
	permits  uint64               // given so far
	flying   map[*permit]struct{} // not observed yet
	heard    bool                 // the server answered at least once
	free     time.Time            // when the rate allows the next request
	pause    bound                // after a refusal
	refusals int                  // in a row that named no wait
	windows  map[quota]*window
	timer    *time.Timer // of the next look at the line
	sweep    int         // how many turns there may be before some are forgotten
}

var _ bridge.Budget = (*Budget)(nil)

// New makes a budget that knows nothing of its server yet.
func New(s Settings) *Budget {
	b := &Budget{
		settings: s, turns: map[string]*turn{}, active: map[*turn]struct{}{}, owing: map[*turn]struct{}{},
		flying: map[*permit]struct{}{}, windows: map[quota]*window{},
	}
	if s.Rate > 0 {
		b.interval = time.Duration(math.Ceil(float64(time.Second) / s.Rate))
	}
	return b
}

// Acquire fulfils [bridge.Budget].
func (b *Budget) Acquire(ctx context.Context, source string) (bridge.Permit, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	w := b.enter(ctx, source)
	select {
	case <-w.done:
	case <-ctx.Done():
		b.abandon(w)
	}
	if w.err != nil {
		return nil, w.err
	}
	return w.permit, nil
}

// enter puts the source into the line, and looks whether it is its turn.
func (b *Budget) enter(ctx context.Context, source string) *waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &waiter{ctx: ctx, turn: b.turn(source), since: time.Now(), done: make(chan struct{})}
	w.turn.deadline, _ = ctx.Deadline()
	b.queue(w.turn)
	w.turn.waiting++
	b.active[w.turn] = struct{}{}
	b.insert(w)
	b.advance()
	return w
}

// abandon takes a waiter whose context ended out of the line, unless its turn came in the same moment.
func (b *Budget) abandon(w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.done:
	default:
		w.finish(nil, w.ctx.Err())
		b.remove(w)
		b.advance()
	}
}

// Wait fulfils [bridge.Budget]. The source keeps a place in the line for when it comes back.
func (b *Budget) Wait(source string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, now := b.turn(source), time.Now()
	t.place = 0
	until := b.server(t, now)
	if !until.at.After(now) {
		return 0
	}
	return b.owe(t, until.at).Sub(now)
}

// Leave fulfils [bridge.Budget].
func (b *Budget) Leave(source string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.turns[source]; t != nil && t.waiting == 0 {
		b.end(t)
		delete(b.active, t)
		b.forget(time.Now())
		b.advance()
	}
}

// idle reports whether nothing would be lost with the budget.
func (b *Budget) idle(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.line) > 0 || len(b.flying) > 0 || b.pause.at.After(now) || b.free.After(now) {
		return false
	}
	for _, w := range b.windows {
		if w.reset.After(now) {
			return false
		}
	}
	return true
}

// putOff is the error of a request that would have to wait for too long.
func (b *Budget) putOff(t *turn, until bound, now time.Time) error {
	t.need, t.cut = max(t.need, 2*t.made), true
	wait := b.owe(t, until.at).Sub(now)
	return bridge.PutOff(fmt.Errorf("%s allows no request for %s (%s)",
		b.settings.Name, rounded(until.at.Sub(now)), until.why), wait)
}

// rounded is a duration as people read it.
func rounded(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(time.Second)
	}
	return d.Round(time.Millisecond)
}
