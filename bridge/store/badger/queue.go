package badger

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// An outbox is what memory holds of the queues of all sinks.
type outbox struct {
	mutex  sync.Mutex
	byName map[string]*queue
	byID   map[uint32]*queue
	last   uint32 // the highest number given; only the writer uses it
}

func newOutbox() *outbox {
	return &outbox{byName: map[string]*queue{}, byID: map[uint32]*queue{}}
}

// A queue is what memory holds of one sink: what is claimed, where to look for more, and counts.
type queue struct {
	name  string
	id    atomic.Uint32 // 0: nothing was ever queued
	saved atomic.Bool   // the number is on disk
	ready chan struct{}

	mutex   sync.Mutex
	from    place                // no ready row before it is free to be claimed
	claimed map[uint64]place     // by number
	busy    map[store.Hash]bool  // orders with a claimed delivery
	skipped map[store.Hash]place // ready rows that wait for a busy order
	pending int
	dead    int
	low     uint64 // no pending number is lower
	lowered uint64 // counts how often low was lowered
}

// queue returns the queue of a sink by name, and makes one that is empty.
func (o *outbox) queue(name string) *queue {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	q, ok := o.byName[name]
	if !ok {
		q = &queue{
			name: name, ready: make(chan struct{}, 1), claimed: map[uint64]place{},
			busy: map[store.Hash]bool{}, skipped: map[store.Hash]place{},
		}
		o.byName[name] = q
	}
	return q
}

// save makes the queue known by its number, which is on disk now.
func (o *outbox) save(q *queue) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	q.saved.Store(true)
	o.byID[q.id.Load()] = q
}

func (o *outbox) restore(name string, id uint32) {
	q := o.queue(name)
	q.id.Store(id)
	o.save(q)
	o.last = max(o.last, id)
}

// numbered returns the queue with a number, nil where there is none.
func (o *outbox) numbered(id uint32) *queue {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.byID[id]
}

func (o *outbox) all() []*queue {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.Collect(maps.Values(o.byID))
}

// signal tells whoever waits that a claim may find something.
func (q *queue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// change applies what a commit did to the queue.
func (q *queue) change(f func()) {
	q.mutex.Lock()
	f()
	q.mutex.Unlock()
}

// lower makes claims look from p on, where they would have begun later.
func (q *queue) lower(p place) {
	if p.before(q.from) {
		q.from = p
	}
}

// lowerPending says that a number is pending.
func (q *queue) lowerPending(number uint64) {
	if number < q.low {
		q.low = number
		q.lowered++
	}
}

// free ends the claim of a delivery, if there is one, and returns where it stood.
func (q *queue) free(number uint64, order store.Hash) (place, bool) {
	p, ok := q.claimed[number]
	if !ok {
		return p, false
	}
	delete(q.claimed, number)
	if (order != store.Hash{}) {
		delete(q.busy, order)
		if waiting, ok := q.skipped[order]; ok {
			delete(q.skipped, order)
			q.lower(waiting)
			q.signal()
		}
	}
	return p, true
}

// restoreQueues counts what is pending and dead, by keys alone.
func (s *Store) restoreQueues(v view) error {
	err := v.each([]byte{kindReady}, []byte{kindReady}, func(key []byte, _ *badger.Item) error {
		sink, p := readyPlace(key)
		s.outbox.found(sink, func(q *queue) {
			if q.pending == 0 {
				q.from = p
			}
			q.foundPending(p.number)
		})
		return nil
	})
	if err != nil {
		return err
	}
	err = v.each([]byte{kindWaiting}, []byte{kindWaiting}, func(key []byte, _ *badger.Item) error {
		s.outbox.found(sinkIn(key, 1), func(q *queue) { q.foundPending(numberIn(key, orderKeySize)) })
		return nil
	})
	if err != nil {
		return err
	}
	return v.each([]byte{kindDead}, []byte{kindDead}, func(key []byte, _ *badger.Item) error {
		s.outbox.found(sinkIn(key, 1), func(q *queue) { q.dead++ })
		return nil
	})
}

func (o *outbox) found(sink uint32, count func(*queue)) {
	if q := o.numbered(sink); q != nil {
		q.change(func() { count(q) })
	}
}

func (q *queue) foundPending(number uint64) {
	if q.pending == 0 || number < q.low {
		q.low = number
	}
	q.pending++
}
