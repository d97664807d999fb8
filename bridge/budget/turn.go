package budget

import "time"

// stint is how many requests a poll may make before it goes back to the end of the line.
const stint = 10

// stagger parts the sources that are told to come back at one instant, in the order of their places.
const stagger = 10 * time.Millisecond

// kept is how long a source is remembered that does not come back.
const kept = time.Hour

// mostTurns is how many sources a budget remembers before it looks which ones it can forget.
const mostTurns = 256

// A turn is what a budget knows of one source.
type turn struct {
	place    uint64    // in the line; 0: none
	taken    int       // requests in this stint
	made     int       // requests in this poll
	need     int       // requests that a poll is expected to make, by those before
	ended    bool      // a poll came to its end at least once
	cut      bool      // the poll was put off
	waiting  int       // requests in the line
	deadline time.Time // of the poll; zero: none
	last     time.Time // when it last made or wanted one
	owed     time.Time // the place is kept for the source, which was told to come back then
	resource string    // that the server counts its requests against
}

func (b *Budget) turn(source string) *turn {
	t := b.turns[source]
	if t == nil {
		t = &turn{}
		b.turns[source] = t
	}
	t.last = time.Now()
	return t
}

// queue gives the turn a place, unless it has one.
func (b *Budget) queue(t *turn) {
	if t.place == 0 || t.taken >= stint {
		b.places++
		t.place, t.taken = b.places, 0
	}
	t.owed = time.Time{}
	delete(b.owing, t)
}

// end ends the poll. A place that is owed stays.
func (b *Budget) end(t *turn) {
	if !t.cut && t.made > 0 {
		t.need, t.ended = max(t.made, t.need-1), true
		b.usual = max(t.made, b.usual-1)
	}
	t.made, t.cut = 0, false
	if t.owed.IsZero() {
		t.place, t.taken = 0, 0
	}
}

// owe keeps a place for a source that has to come back, and returns when: those who are before it in the line
// come before it.
func (b *Budget) owe(t *turn, at time.Time) time.Time {
	b.queue(t)
	t.taken = 0 // a poll that had begun begins anew
	ahead := 0
	for other := range b.owing {
		if other.place < t.place {
			ahead++
		}
	}
	t.owed = at.Add(time.Duration(ahead) * stagger)
	b.owing[t] = struct{}{}
	return t.owed
}

// follows reports whether a source has still to come back whose place is before the turn's.
func (b *Budget) follows(t *turn, now time.Time) bool {
	for other := range b.owing {
		if other.place < t.place && other.owed.After(now) {
			return true
		}
	}
	return false
}

// soon is how close those must be who have to come back for others to let them go first.
const soon = time.Second

// owed makes a poll that has not begun wait for those who are just coming back and whose place is before its own.
func (b *Budget) owed(t *turn, now time.Time) bound {
	until := bound{at: now}
	if t.made > 0 {
		return until
	}
	for other := range b.owing {
		if other.place < t.place && other.owed.Sub(now) < soon {
			until = until.later(bound{at: other.owed, why: "the turn of other sources"})
		}
	}
	return until
}

// abandoned is how long after its last request a poll is believed to make more of them.
const abandoned = time.Minute

// before is how many requests are to be expected of polls under way that are before the turn in the line. They
// are left to them: listings that are all begun and none ended help nobody.
func (b *Budget) before(t *turn, now time.Time) int {
	count := 0
	for other := range b.active {
		if other != t && other.place < t.place && now.Sub(other.last) < abandoned {
			count += max(other.waiting, min(b.need(other)-other.made, stint-other.taken))
		}
	}
	return count
}

// need is how many requests a poll of the source is expected to make: as many as those of others, as long as none
// of its own has come to its end.
func (b *Budget) need(t *turn) int {
	if t.ended {
		return t.need
	}
	return max(t.need, b.usual)
}

// forget drops the sources that have not come back for long, once there are many.
func (b *Budget) forget(now time.Time) {
	if len(b.turns) < max(b.sweep, mostTurns) {
		return
	}
	for source, t := range b.turns {
		if t.waiting == 0 && now.Sub(t.last) > kept && now.Sub(t.owed) > kept {
			delete(b.turns, source)
			delete(b.active, t)
			delete(b.owing, t)
		}
	}
	b.sweep = 2 * len(b.turns)
}
