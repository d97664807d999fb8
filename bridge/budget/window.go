package budget

import (
	"maps"
	"math"
	"time"
)

// A bound says from when on a request may be made, and what says so.
type bound struct {
	at    time.Time
	why   string
	guess bool // it waits for an answer, which may come before
}

// later returns the bound that is further away.
func (d bound) later(other bound) bound {
	if other.at.After(d.at) {
		return other
	}
	return d
}

// patience is how long others wait for the answer of the one that went ahead.
const patience = 5 * time.Second

// A quota is what a server counts requests against.
type quota struct{ resource, policy string }

// A window is the time in which so many requests of a quota are left.
type window struct {
	header string
	left   int       // by the last word of the server
	most   int       // the most that a poll could ever count on, by what was left
	floor  int       // of these, kept free
	reset  time.Time // when it is over
	stamp  uint64    // how many permits had been given when the last word came
}

// bound says when the source may make a request before which so many others wait.
func (b *Budget) bound(t *turn, waiting int, now time.Time) bound {
	until := b.server(t, now)
	if b.interval > 0 {
		until = until.later(bound{at: b.free.Add(time.Duration(waiting) * b.interval), why: "rate"})
	}
	if until.at.After(now) {
		return until
	}
	return b.alone(t, now)
}

// server is the bound that the server set.
func (b *Budget) server(t *turn, now time.Time) bound {
	until := bound{at: now}.later(b.pause)
	for q, w := range b.windows {
		if t.counts(q.resource) && w.reset.After(now) && !b.fits(t, q, w, now) {
			until = until.later(bound{at: w.reset, why: w.header})
		}
	}
	return until.later(b.owed(t, now))
}

// fits reports whether a request of the source is within what is left, after those that are under way and those
// that belong to others.
func (b *Budget) fits(t *turn, q quota, w *window, now time.Time) bool {
	room := w.left - w.floor - b.under(q.resource)
	return room > stint*len(b.active) || room > 0 && room > b.before(t, now)+b.rest(t, w, now)
}

// rest is how many requests a poll that has not begun needs in the window beyond its first: those that it could not
// make in the next one, since its time ends before, or since others have a place there that is before its own. What
// no window has room for is begun all the same.
func (b *Budget) rest(t *turn, w *window, now time.Time) int {
	goesOn := t.deadline.IsZero() || t.deadline.After(w.reset)
	if t.made > 0 || goesOn && !b.follows(t, now) {
		return 0
	}
	return max(min(b.need(t), stint, w.most)-1, 0)
}

// alone makes a request wait for the answer of another one where nothing is known of what is left.
func (b *Budget) alone(t *turn, now time.Time) bound {
	until := bound{at: now}
	known := b.heard
	for q, w := range b.windows {
		known = known && (!t.counts(q.resource) || w.reset.After(now))
	}
	if known {
		return until
	}
	for p := range b.flying {
		if t.counts(p.turn.resource) || p.turn.resource == "" {
			until = until.later(bound{at: p.began.Add(patience), why: "the answer of another request", guess: true})
		}
	}
	return until
}

// counts reports whether the source's requests may count against the resource.
func (t *turn) counts(resource string) bool { return t.resource == "" || t.resource == resource }

// under is how many requests are under way that may count against the resource.
func (b *Budget) under(resource string) int {
	count := 0
	for p := range b.flying {
		if p.turn.counts(resource) {
			count++
		}
	}
	return count
}

// learn takes in what the server says of a quota in answer to a request. What is said to a request that was
// made after the last word was heard replaces it; answers that cross each other on the way only lower it.
func (b *Budget) learn(q quota, l Limit, p *permit, now time.Time) {
	reset := now.Add(l.Reset + grain)
	w := b.windows[q]
	switch {
	case w == nil && !b.room(now):
		return
	case w == nil || !w.reset.After(now):
		most := 0
		if w != nil {
			most = w.most
		}
		w = &window{left: l.Left, most: most, reset: reset}
		b.windows[q] = w
	case p.number > w.stamp:
		w.left, w.reset = l.Left, reset
	default:
		w.left = min(w.left, l.Left)
		if reset.After(w.reset) {
			w.reset = reset
		}
	}
	w.header, w.stamp = l.Header, b.permits
	w.floor = max(w.floor, floorOf(b.settings.Reserve, w.left))
	w.most = max(w.most, w.left-w.floor)
}

// floorOf is the part of what is left that is kept free.
func floorOf(share float64, left int) int { return int(math.Ceil(share * float64(left))) }

// spend counts a request against the windows that the answer did not mention: the server may have counted it
// without a word. Those that are over are forgotten with an answer, and kept without one, since then nothing
// is known of what came after them.
func (b *Budget) spend(t *turn, told map[quota]bool, answered bool, now time.Time) {
	for q, w := range b.windows {
		switch {
		case !t.counts(q.resource) || told[q]:
		case w.reset.After(now):
			w.left--
		case answered:
			delete(b.windows, q)
		}
	}
}

// room drops what is over, where there are as many windows as are remembered, and reports whether one more
// has a place.
func (b *Budget) room(now time.Time) bool {
	if len(b.windows) >= mostLimits {
		maps.DeleteFunc(b.windows, func(_ quota, w *window) bool { return !w.reset.After(now) })
	}
	return len(b.windows) < mostLimits
}
