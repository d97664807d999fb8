package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Bind is described at [store.Outbox]. It fails where one of the deliveries is not pending any more.
func (s *Store) Bind(ctx context.Context, claimed []store.Delivery, bound store.Batch, due time.Time) error {
	err := s.space.forLittle()
	if err == nil {
		err = s.submit(ctx, func(b *batch) error {
			for _, d := range claimed {
				if err := s.bind(b, d, bound, due); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("bind %d deliveries: %w", len(claimed), err)
	}
	return nil
}

func (s *Store) bind(b *batch, claimed store.Delivery, bound store.Batch, due time.Time) error {
	q := s.outbox.queue(claimed.Sink)
	d, err := b.delivery(q, claimed.Number)
	if err != nil {
		return err
	}
	if d.state != store.Pending {
		return fmt.Errorf("delivery %d to %q is %s: %w", d.number, q.name, d.state, store.ErrNotFound)
	}
	if err := b.postpone(q, &d, due); err != nil {
		return err
	}
	d.batch, d.wait = bound, 0
	b.setDelivery(q, d)
	return nil
}
