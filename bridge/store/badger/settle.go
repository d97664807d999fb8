package badger

import (
	"context"
	"errors"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Settle is described at [store.Outbox]. An outcome that was recorded before is ignored, so that a call that
// failed can be repeated. What does not fit into one transaction, many long answers at once, is split: each
// outcome stands for itself, and a kill in between is like a kill between two calls.
func (s *Store) Settle(ctx context.Context, settled []store.Settlement) error {
	if err := s.space.forLittle(); err != nil {
		return err
	}
	if err := s.settleAll(ctx, settled); err != nil {
		return fmt.Errorf("settle deliveries: %w", err)
	}
	return nil
}

func (s *Store) settleAll(ctx context.Context, settled []store.Settlement) error {
	err := s.submit(ctx, func(b *batch) error {
		for _, outcome := range settled {
			if err := s.settle(b, outcome); err != nil {
				return err
			}
		}
		return nil
	})
	half := len(settled) / 2
	if half == 0 || !errors.Is(err, errTooLarge) {
		return err
	}
	if err := s.settleAll(ctx, settled[:half]); err != nil {
		return err
	}
	return s.settleAll(ctx, settled[half:])
}

func (s *Store) settle(b *batch, outcome store.Settlement) error {
	number := outcome.Delivery.Number
	q := s.outbox.queue(outcome.Delivery.Sink)
	d, found, err := b.findDelivery(q, number)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("delivery %d to %q: %w", number, q.name, store.ErrNotFound)
	}
	b.after(func() { q.change(func() { q.free(number, d.order) }) })
	known := outcome.Attempt != nil && d.attempts != outcome.Delivery.Attempts
	if d.state != store.Pending || known {
		return nil
	}
	if outcome.Attempt != nil {
		d.note(*outcome.Attempt)
	}
	if err := s.move(b, q, &d, outcome); err != nil {
		return err
	}
	b.setDelivery(q, d)
	if outcome.Standing != nil {
		b.set(standingRow(q.id.Load(), *outcome.Standing))
	}
	return s.tell(b, outcome.Append)
}

// move puts a delivery where its outcome wants it.
func (s *Store) move(b *batch, q *queue, d *deliveryRecord, outcome store.Settlement) error {
	d.reason = ""
	if outcome.State == store.Pending {
		if outcome.Alone {
			d.batch = store.Batch{ID: outcome.Delivery.Event.ID, Size: 1}
		}
		d.wait = outcome.Due.Sub(s.now())
		return b.postpone(q, d, outcome.Due)
	}
	if err := b.dismiss(q, *d, s.now()); err != nil {
		return err
	}
	d.state, d.batch = outcome.State, store.Batch{}
	if d.state == store.Buried {
		d.reason = outcome.Reason
		b.setDead(q, d.number)
	}
	return nil
}
