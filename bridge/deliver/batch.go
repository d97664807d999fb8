package deliver

import (
	"cmp"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Batch says how many events may leave in one attempt, and how long the first of them waits for others. The
// zero value sends each on its own.
type Batch struct {
	Max  int
	Wait time.Duration
}

// Bounds and default of a batch.
const (
	MaxBatch         = 1000
	DefaultBatchWait = time.Second
)

// A waiting delivery is claimed, and its attempt has not started.
type waiting struct {
	store.Delivery
	since time.Time // when it was claimed
}

// A batch is what leaves in one attempt.
type batch struct {
	items []waiting
	store.Batch
	bound bool      // in the store as well
	made  time.Time // where it is not
}

// form takes the next batch from the queue. It is not ok where there is none, or more should be waited for.
func (l *Loop) form() (b batch, ok bool) {
	switch {
	case len(l.queue) == 0:
		return b, false
	case l.sink.Batch.Max == 0:
		return batch{items: l.cut(1)}, true
	}
	first := l.queue[0]
	if size := first.Batch.Size; size > 0 {
		return l.formBound(first.Batch)
	}
	return l.formNew()
}

// formBound takes a batch that was bound before, as soon as all of it is there. One of which a part does not
// come, because an operator had it sent on its own or an earlier event of its item goes first, is dissolved.
func (l *Loop) formBound(known store.Batch) (b batch, ok bool) {
	own := func(w waiting) bool { return w.Batch == known }
	count := 0
	for _, w := range l.queue {
		if own(w) {
			count++
		}
	}
	if count < known.Size && l.look && l.moves() {
		return b, false
	}
	b = batch{Batch: known, bound: true}
	for _, w := range l.queue {
		if own(w) {
			b.items = append(b.items, w)
		}
	}
	l.queue = slices.DeleteFunc(l.queue, own)
	inOrder(b.items)
	if count < known.Size {
		l.dissolve(b.items)
		return l.form()
	}
	return b, true
}

// moves reports whether more may be claimed, now or when what is under way has ended.
func (l *Loop) moves() bool {
	return l.flying > 0 || l.settling > 0 || len(l.unsettled) > 0 || l.room() > 0
}

// dissolve puts deliveries back as ones that are bound to no batch.
func (l *Loop) dissolve(items []waiting) {
	for i := range items {
		items[i].Batch = store.Batch{}
	}
	l.queue = append(items, l.queue...)
}

// formNew makes a batch of the unbound deliveries that come first, once there are enough of them or the first
// has waited long enough.
func (l *Loop) formNew() (b batch, ok bool) {
	count := 0
	for count < len(l.queue) && count < l.sink.Batch.Max && l.queue[count].Batch.Size == 0 {
		count++
	}
	full := count == l.sink.Batch.Max || count < len(l.queue)
	if !full && time.Now().Before(l.ripe()) {
		return b, false
	}
	b.items = l.cut(l.sink.batcher().Fit(batch{items: l.queue[:count]}.events()))
	inOrder(b.items)
	b.Batch, b.made = store.Batch{ID: l.batchID(b.items), Size: len(b.items)}, l.clock.now()
	return b, true
}

// inOrder puts the deliveries of a batch into the order of their events, in whatever order they became due.
func inOrder(items []waiting) {
	slices.SortFunc(items, func(a, b waiting) int { return cmp.Compare(a.Number, b.Number) })
}

// ripe is when the first of the queue has waited long enough for others.
func (l *Loop) ripe() time.Time { return l.queue[0].since.Add(l.sink.Batch.Wait) }

// batchID names a batch after what is in it: no other batch has the id.
func (l *Loop) batchID(items []waiting) string {
	if len(items) == 1 {
		return items[0].Event.ID
	}
	parts := []string{"batch", l.sink.Name}
	for _, w := range items {
		parts = append(parts, w.Event.ID)
	}
	return store.EventID(l.options.Store.Epoch(), parts...)
}

// cut takes the first of the queue.
func (l *Loop) cut(count int) []waiting {
	first := slices.Clone(l.queue[:count])
	clear(l.queue[:count])
	l.queue = l.queue[count:]
	return first
}

// deliveries returns the deliveries of a batch, as they were claimed.
func (b batch) deliveries() []store.Delivery {
	all := make([]store.Delivery, len(b.items))
	for i, w := range b.items {
		all[i] = w.Delivery
	}
	return all
}

// events returns the events of a batch, in its order.
func (b batch) events() []bridge.Event {
	all := make([]bridge.Event, len(b.items))
	for i, w := range b.items {
		all[i] = w.Event
	}
	return all
}
