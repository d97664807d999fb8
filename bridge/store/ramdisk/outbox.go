package ramdisk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// An event is a row of the outbox and of the history.
type event struct {
	bridge.Event
	number     uint64
	deliveries []*delivery // by sink
}

// A delivery is one event for one sink.
type delivery struct {
	store.Delivery // without its Event
	event          *event
	queued         time.Time
	wait           time.Duration // from when Due was set until then
}

func (d *delivery) ordered() bool { return d.Order != store.Hash{} }

// shown is what a caller gets to see.
func (d *delivery) shown() store.Delivery {
	shown := d.Delivery
	shown.Log = slices.Clone(d.Log)
	return shown
}

// A sink is what is kept of one.
type sink struct {
	pending  []*delivery // by number
	standing store.Standing
}

func (d *Disk) sink(name string) *sink {
	s := d.sinks[name]
	if s == nil {
		s = &sink{}
		d.sinks[name] = s
	}
	return s
}

// append queues events. Two targets of one sink are one.
func (s *Store) append(all []store.Append) {
	d := s.disk
	for _, a := range all {
		d.last++
		e := &event{Event: plainEvent(a.Event), number: d.last}
		d.events = append(d.events, e)
		for _, target := range a.To {
			if e.to(target.Sink) == nil {
				s.deliver(e, target, a.Bury)
			}
		}
	}
}

// to returns the event's delivery to a sink, nil where there is none.
func (e *event) to(sink string) *delivery {
	for _, d := range e.deliveries {
		if d.Sink == sink {
			return d
		}
	}
	return nil
}

// deliver makes a new delivery, or a dead letter where there is a reason for it.
func (s *Store) deliver(e *event, target store.Target, bury string) *delivery {
	now := plain(s.disk.now())
	d := &delivery{event: e, queued: now}
	d.Target, d.Number, d.Due = target, e.number, now
	e.deliveries = append(e.deliveries, d)
	slices.SortFunc(e.deliveries, func(a, b *delivery) int { return cmp.Compare(a.Sink, b.Sink) })
	if bury != "" {
		s.disk.sink(target.Sink)
		d.State, d.Reason = store.Buried, bury
		return d
	}
	s.admit(d)
	return d
}

// admit puts a pending delivery in its place.
func (s *Store) admit(d *delivery) {
	sink := s.disk.sink(d.Sink)
	at, _ := slices.BinarySearchFunc(sink.pending, d.Number, func(p *delivery, number uint64) int {
		return cmp.Compare(p.Number, number)
	})
	sink.pending = slices.Insert(sink.pending, at, d)
	s.signal(d.Sink)
}

// dismiss takes a delivery that is pending no more out of the queue. The next one of its order is due from now
// on.
func (s *Store) dismiss(d *delivery) {
	sink := s.disk.sink(d.Sink)
	sink.pending = slices.DeleteFunc(sink.pending, func(p *delivery) bool { return p == d })
	s.signal(d.Sink)
	if !d.ordered() {
		return
	}
	now := plain(s.disk.now())
	for _, next := range sink.pending {
		if next.Order == d.Order {
			if next.Due.Before(now) || next.Attempts == 0 {
				next.Due = now
			}
			return
		}
	}
}

// mend makes a delivery due no later than its whole wait from now.
func (d *delivery) mend(now time.Time) {
	if latest := now.Add(d.wait); d.Due.After(latest) {
		d.Due = latest
	}
}

// Claim is described at [store.Outbox].
func (s *Store) Claim(
	ctx context.Context, sink string, now time.Time, limit int,
) (claimed []store.Delivery, next time.Time, err error) {
	err = s.do(ctx, func(d *Disk) error {
		for _, free := range s.free(d.sink(sink)) {
			if free.Due.After(now) || len(claimed) >= limit {
				next = free.Due
				break
			}
			s.claimed[free] = true
			shown := free.shown()
			shown.Event = plainEvent(free.event.Event)
			claimed = append(claimed, shown)
		}
		return nil
	})
	return claimed, next, err
}

// free lists the deliveries that may be claimed as soon as they are due, in the order in which they are: of an
// order the lowest number, unless another of it is claimed.
func (s *Store) free(of *sink) (free []*delivery) {
	if len(of.pending) == 0 {
		return nil
	}
	taken := map[store.Hash]bool{}
	for d := range s.claimed {
		if d.ordered() && s.disk.sinks[d.Sink] == of {
			taken[d.Order] = true
		}
	}
	for _, d := range of.pending {
		if s.claimed[d] || d.ordered() && taken[d.Order] {
			continue
		}
		if d.ordered() {
			taken[d.Order] = true
		}
		free = append(free, d)
	}
	slices.SortStableFunc(free, func(a, b *delivery) int { return a.Due.Compare(b.Due) })
	return free
}

// Release is described at [store.Outbox].
func (s *Store) Release(_ context.Context, claimed []store.Delivery) error {
	s.disk.mutex.Lock()
	defer s.disk.mutex.Unlock()
	for _, c := range claimed {
		if d := s.disk.find(c); d != nil {
			delete(s.claimed, d)
		}
		s.signal(c.Sink)
	}
	return nil
}

// find returns a delivery that was claimed, nil where it is gone.
func (d *Disk) find(claimed store.Delivery) *delivery {
	at, found := slices.BinarySearchFunc(d.events, claimed.Number, func(e *event, number uint64) int {
		return cmp.Compare(e.number, number)
	})
	if !found {
		return nil
	}
	return d.events[at].to(claimed.Sink)
}

// Bind is described at [store.Outbox].
func (s *Store) Bind(ctx context.Context, claimed []store.Delivery, bound store.Batch, due time.Time) error {
	return s.do(ctx, func(disk *Disk) error {
		var all []*delivery
		for _, c := range claimed {
			d := disk.find(c)
			if d == nil || d.State != store.Pending {
				return fmt.Errorf("bind delivery %d to %q: %w", c.Number, c.Sink, store.ErrNotFound)
			}
			all = append(all, d)
		}
		for _, d := range all {
			d.Batch, d.Due, d.wait = bound, plain(due), 0
		}
		return nil
	})
}

// Ready is described at [store.Outbox].
func (s *Store) Ready(sink string) <-chan struct{} {
	s.disk.mutex.Lock()
	defer s.disk.mutex.Unlock()
	return s.waiter(sink)
}

func (s *Store) waiter(sink string) chan struct{} {
	if s.ready[sink] == nil {
		s.ready[sink] = make(chan struct{}, 1)
	}
	return s.ready[sink]
}

// signal tells whoever waits that a claim may find something.
func (s *Store) signal(sink string) {
	select {
	case s.waiter(sink) <- struct{}{}:
	default:
	}
}
