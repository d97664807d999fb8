package poll

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// spread is the longest that a first poll is put off, by a hash of the source's name, so that a start does
// not poll everything in one instant.
const spread = 10 * time.Second

// first sets when a source is polled first after a start: with state, when the interval since its last good
// poll has passed; without, or when that time is over, within the spread.
func (s *source) first(now time.Time) {
	s.tick = now.Add(offset(s.Name, min(spread, s.Every)))
	if since := now.Sub(s.memory.Polled); !s.memory.Polled.IsZero() && since >= 0 && since < s.Every {
		s.tick = now.Add(s.Every - since)
	}
	s.putOff(now)
}

// next sets when a source is polled after a poll: on the grid of its interval, with the ticks that a slow
// poll missed left out.
func (s *source) next(now time.Time) {
	if late := now.Sub(s.tick); late >= 0 {
		s.tick = s.tick.Add((late/s.Every + 1) * s.Every)
	}
	s.putOff(now)
}

// putOff makes the tick due, later by the jitter, and not before the server asked for it.
func (s *source) putOff(now time.Time) {
	s.due = s.tick
	if s.Jitter > 0 {
		s.due = s.due.Add(rand.N(s.Jitter))
	}
	if wait := s.memory.NotBefore.Sub(now); wait > s.due.Sub(now) {
		s.due = now.Add(wait)
	}
}

// again makes a source whose turn at its server had not come due when it comes, before its next tick as well.
func (s *source) again(r *run) {
	if bridge.IsPutOff(r.report.Err) {
		s.due = s.memory.NotBefore
	}
}

func offset(name string, within time.Duration) time.Duration {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name))
	return time.Duration(hash.Sum64() % uint64(within))
}

// untilDue is how long nothing is to be begun.
func (l *Loop) untilDue() time.Duration {
	if len(l.queue) == 0 || l.running >= l.AtOnce {
		return time.Hour // something else wakes the loop before
	}
	return time.Until(l.queue[0].due)
}

// queue is a heap of the sources that wait, by when they are due.
type queue []*source

func (q queue) due(now time.Time) bool { return len(q) > 0 && !q[0].due.After(now) }

func (q *queue) take() *source { return heap.Pop(q).(*source) }

// add queues a source, unless it is paused, polling or gone.
func (q *queue) add(s *source) {
	if s.place < 0 && s.cancel == nil && !s.memory.Paused && !s.leaving {
		heap.Push(q, s)
	}
}

func (q *queue) remove(s *source) {
	if s.place >= 0 {
		heap.Remove(q, s.place)
	}
}

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push is for container/heap.
func (q *queue) Push(x any) {
	s := x.(*source)
	s.place = len(*q)
	*q = append(*q, s)
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	s := (*q)[last]
	(*q)[last], *q = nil, (*q)[:last]
	s.place = -1
	return s
}
