package badger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// mendedAtOnce bounds the deliveries that one transaction gives another time.
const mendedAtOnce = 500

// A setBack is a ready delivery whose time is wrong.
type setBack struct {
	queue  *queue
	number uint64
}

// mendDue brings deliveries forward whose time was written by a clock that has been set back since, as
// [store.Outbox] has it. It reads those that wait for their time, which are the ones that failed before.
func (s *Store) mendDue(ctx context.Context) error {
	now := s.now()
	var late []setBack
	err := s.look(func(v view) error {
		for _, q := range s.outbox.all() {
			if err := v.setBack(q, now, &late); err != nil {
				return err
			}
		}
		return nil
	})
	for some := range slices.Chunk(late, mendedAtOnce) {
		if err == nil {
			err = s.submit(ctx, func(b *batch) error { return b.mendDue(some, now) })
		}
	}
	if err != nil {
		return fmt.Errorf("mend times of deliveries: %w", err)
	}
	return nil
}

// setBack finds what a sink is to do later than it should.
func (v view) setBack(q *queue, now time.Time, late *[]setBack) error {
	rows := v.walk(shortKey(kindReady, q.id.Load()))
	defer rows.Close()
	for rows.Seek(placeOf(now, 0).key(q.id.Load())); rows.valid(); rows.Next() {
		_, p := readyPlace(rows.key())
		key := deliveryKey(p.number, q.id.Load())
		record, err := v.get(key)
		if err != nil {
			return err
		}
		// A damaged one is buried by the claim that finds it.
		if d, err := openDelivery(key, record); err == nil && record != nil && !d.mended(now).Equal(d.due) {
			*late = append(*late, setBack{q, p.number})
		}
	}
	return nil
}

func (b *batch) mendDue(late []setBack, now time.Time) error {
	for _, one := range late {
		d, found, err := b.findDelivery(one.queue, one.number)
		if err != nil {
			return err
		}
		if !found || d.state != store.Pending {
			continue
		}
		if err := b.postpone(one.queue, &d, d.mended(now)); err != nil {
			return err
		}
		b.setDelivery(one.queue, d)
	}
	return nil
}

// mended is when the delivery is due, and no later than its whole wait from now.
func (d deliveryRecord) mended(now time.Time) time.Time {
	if latest := now.Add(d.wait); d.due.After(latest) {
		return latest
	}
	return d.due
}
