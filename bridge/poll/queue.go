package poll

import (
	"container/heap"
	"time"
)

// untilDue is how long nothing is to be begun.
func (l *Loop) untilDue() time.Duration {
	if len(l.queue) == 0 || l.running >= l.AtOnce || l.room.lacks != nil {
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
