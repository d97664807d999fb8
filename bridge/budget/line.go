package budget

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// A waiter is one request in the line. Its permit and err are set before done is closed.
type waiter struct {
	ctx    context.Context
	turn   *turn
	place  uint64
	since  time.Time
	why    string // what it waited for last
	permit *permit
	err    error
	done   chan struct{}
}

// finish lets the request go, with a permit or an error.
func (w *waiter) finish(p *permit, err error) {
	w.turn.waiting--
	w.permit, w.err = p, err
	close(w.done)
}

// insert puts a waiter behind those whose places are before its own.
func (b *Budget) insert(w *waiter) {
	w.place = w.turn.place
	at, _ := slices.BinarySearchFunc(b.line, w.place+1, func(other *waiter, place uint64) int {
		return cmp.Compare(other.place, place)
	})
	b.line = slices.Insert(b.line, at, w)
}

func (b *Budget) remove(w *waiter) {
	if at := slices.Index(b.line, w); at >= 0 {
		b.line = slices.Delete(b.line, at, at+1)
	}
}

// advance lets all go whose turn it is, puts off those who would wait for too long, and sees to it that the
// line is looked at when the next one may go. It is called whenever something changed.
func (b *Budget) advance() {
	now := time.Now()
	var next time.Time
	waiting := b.line[:0:0]
	for _, w := range b.line {
		first := b.bound(w.turn, 0, now)
		if !first.at.After(now) {
			w.finish(b.permit(w, now), nil)
			continue
		}
		w.why = first.why
		if mine := b.bound(w.turn, len(waiting), now); w.late(mine) {
			w.finish(nil, b.putOff(w.turn, mine, now))
			continue
		}
		if next.IsZero() || first.at.Before(next) {
			next = first.at
		}
		waiting = append(waiting, w)
	}
	b.line = waiting
	b.look(next, now)
}

// standing is how long a poll that has not begun waits in the line. It had better come back: the polls that
// are under way at a time are few.
const standing = 5 * time.Second

// late reports whether the bound is beyond the time that the request has. A wait for an answer may be shorter
// than it looks.
func (w *waiter) late(until bound) bool {
	switch {
	case until.guess:
		return false
	case w.turn.made == 0 && until.at.Sub(w.since) > standing:
		return true
	}
	return !w.turn.deadline.IsZero() && !until.at.Before(w.turn.deadline)
}

// look has the line looked at again; a zero time takes back what was asked for before.
func (b *Budget) look(at, now time.Time) {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if !at.IsZero() {
		b.timer = time.AfterFunc(at.Sub(now), func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.advance()
		})
	}
}
