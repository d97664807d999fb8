package ramdisk

import (
	"context"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Settle is described at [store.Outbox].
func (s *Store) Settle(ctx context.Context, settled []store.Settlement) error {
	return s.do(ctx, func(disk *Disk) error {
		all := make([]*delivery, len(settled))
		for i, outcome := range settled {
			if all[i] = disk.find(outcome.Delivery); all[i] == nil {
				return fmt.Errorf("settle delivery %d to %q: %w", outcome.Delivery.Number, outcome.Delivery.Sink, store.ErrNotFound)
			}
		}
		for i, outcome := range settled {
			s.settle(all[i], outcome)
		}
		return nil
	})
}

func (s *Store) settle(d *delivery, outcome store.Settlement) {
	delete(s.claimed, d)
	s.signal(d.Sink)
	known := outcome.Attempt != nil && d.Attempts != outcome.Delivery.Attempts
	if d.State != store.Pending || known {
		return
	}
	if outcome.Attempt != nil {
		d.note(*outcome.Attempt)
	}
	s.move(d, outcome)
	if outcome.Standing != nil {
		s.disk.sink(d.Sink).stand(*outcome.Standing)
	}
	s.append(outcome.Append)
}

// note adds an attempt that was made.
func (d *delivery) note(a store.Attempt) {
	a.Time = plain(a.Time)
	d.Attempts++
	d.Log = append(d.Log, a)
	if over := len(d.Log) - store.LogLength; over > 0 {
		d.Log = d.Log[over:]
	}
}

// move puts a delivery where its outcome wants it.
func (s *Store) move(d *delivery, outcome store.Settlement) {
	d.Reason = ""
	if outcome.State == store.Pending {
		d.wait = outcome.Due.Sub(s.disk.now())
		if d.Due = plain(outcome.Due); outcome.Alone {
			d.Batch = store.Batch{ID: d.event.ID, Size: 1}
		}
		return
	}
	d.State, d.Batch = outcome.State, store.Batch{}
	if d.State == store.Buried {
		d.Reason = outcome.Reason
	}
	s.dismiss(d)
}

// Standing is described at [store.Outbox].
func (s *Store) Standing(ctx context.Context, sink string) (now store.Standing, err error) {
	err = s.do(ctx, func(d *Disk) error {
		if known := d.sinks[sink]; known != nil {
			now = known.standing
		}
		return nil
	})
	return now, err
}

// Stand is described at [store.Outbox].
func (s *Store) Stand(ctx context.Context, sink string, now store.Standing, news []store.Append) error {
	return s.do(ctx, func(d *Disk) error {
		d.sink(sink).stand(now)
		s.append(news)
		return nil
	})
}

func (s *sink) stand(now store.Standing) {
	now.Paused, now.Disabled, now.Failing = plain(now.Paused), plain(now.Disabled), plain(now.Failing)
	s.standing = now
}
