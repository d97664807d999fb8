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
	cut      bool      // the poll was put off
	waiting  int       // requests in the line
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
func (t *turn) queue(b *Budget) {
	if t.place == 0 || t.taken >= stint {
		b.places++
		t.place, t.taken = b.places, 0
	}
	t.owed = time.Time{}
}

// end ends the poll. A place that is owed stays.
func (t *turn) end() {
	if !t.cut {
		t.need = max(t.made, t.need-1)
	}
	t.made, t.cut = 0, false
	if t.owed.IsZero() {
		t.place, t.taken = 0, 0
	}
}

// owe keeps a place for a source that has to come back, and returns when: those who are before it in the line
// come before it.
func (b *Budget) owe(t *turn, at time.Time) time.Time {
	t.queue(b)
	t.taken = 0 // a poll that had begun begins anew
	ahead := 0
	for _, other := range b.turns {
		if !other.owed.IsZero() && other.place < t.place {
			ahead++
		}
	}
	t.owed = at.Add(time.Duration(ahead) * stagger)
	return t.owed
}

// abandoned is how long after its last request a poll is believed to make more of them.
const abandoned = time.Minute

// before is how many requests are to be expected of polls under way that are before the turn in the line. They
// are left to them: listings that are all begun and none ended help nobody.
func (b *Budget) before(t *turn, now time.Time) int {
	count := 0
	for other := range b.active {
		if other != t && other.place < t.place && now.Sub(other.last) < abandoned {
			count += max(other.waiting, min(other.need-other.made, stint-other.taken))
		}
	}
	return count
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
		}
	}
	b.sweep = 2 * len(b.turns)
}
