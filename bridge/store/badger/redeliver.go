package badger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// redeliveredAtOnce bounds the events that one transaction queues again.
const redeliveredAtOnce = 200

// Redeliver is described at [store.History]. Deliveries of one order leave as their events came, whatever
// the order of the ids.
func (s *Store) Redeliver(
	ctx context.Context, ids []string, sink string, order func(bridge.Event) store.Hash,
) (revived int, err error) {
	if err := s.space.forMuch(); err != nil {
		return 0, err
	}
	due := s.now().Add(-time.Duration(len(ids)))
	for some := range slices.Chunk(ids, redeliveredAtOnce) {
		r := redelivery{sink: sink, order: order, due: due}
		count := 0
		err := s.submit(ctx, func(b *batch) (err error) {
			count, err = s.redeliverAll(b, some, r)
			return err
		})
		if err != nil {
			return revived, fmt.Errorf("redeliver to %q: %w", sink, err)
		}
		revived += count
		due = due.Add(time.Duration(len(some)))
	}
	return revived, nil
}

// A redelivery says where events are to go again. Each is due a nanosecond after the one before it.
type redelivery struct {
	sink  string
	order func(bridge.Event) store.Hash
	due   time.Time
}

func (s *Store) redeliverAll(b *batch, ids []string, r redelivery) (revived int, err error) {
	q, err := b.sink(s.outbox, r.sink)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		done, err := s.redeliver(b, q, id, r)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return 0, err
		}
		if done {
			revived++
		}
		r.due = r.due.Add(1)
	}
	return revived, nil
}

func (s *Store) redeliver(b *batch, q *queue, id string, r redelivery) (done bool, err error) {
	number, err := numberOf(b, id)
	if err != nil {
		return false, err
	}
	d, found, err := b.findDelivery(q, number)
	if err != nil || found && d.state == store.Pending {
		return false, err
	}
	if !found {
		d.number = number
		if d.order, err = b.orderOf(number, r.order); err != nil {
			return false, err
		}
	}
	if d.state == store.Buried {
		b.unsetDead(q, number)
	}
	d.state, d.attempts, d.reason, d.batch, d.wait = store.Pending, 0, "", store.Batch{}, 0
	d.due, d.queued = r.due, s.now()
	if err := b.admit(q, &d); err != nil {
		return false, err
	}
	b.setDelivery(q, d)
	return true, nil
}

func (b *batch) orderOf(number uint64, order func(bridge.Event) store.Hash) (none store.Hash, err error) {
	if order == nil {
		return none, nil
	}
	e, err := view{b.txn}.readEvent(number)
	if err != nil {
		return none, err
	}
	return order(e), nil
}

// Drop is described at [store.History]. It fails with a wrapped [store.ErrNotFound] where there is no such
// dead letter.
func (s *Store) Drop(ctx context.Context, id, sink string) error {
	if err := s.space.forLittle(); err != nil {
		return err
	}
	err := s.submit(ctx, func(b *batch) error { return b.drop(s.outbox.queue(sink), id) })
	if err != nil {
		return fmt.Errorf("drop dead letter %q to %q: %w", id, sink, err)
	}
	return nil
}

func (b *batch) drop(q *queue, id string) error {
	number, err := numberOf(b, id)
	if err != nil {
		return err
	}
	d, found, err := b.findDelivery(q, number)
	if err != nil {
		return err
	}
	if !found || d.state != store.Buried {
		return store.ErrNotFound
	}
	b.unsetDead(q, number)
	d.state = store.Dropped
	b.setDelivery(q, d)
	return nil
}
