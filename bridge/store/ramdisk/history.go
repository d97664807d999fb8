package ramdisk

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Events is described at [store.History].
func (s *Store) Events(ctx context.Context, f store.Filter) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		var all []store.Record
		err := s.do(ctx, func(d *Disk) error {
			all = d.records(f)
			return nil
		})
		for _, r := range all {
			if err = ctx.Err(); err != nil || !yield(r, nil) {
				break
			}
		}
		if err != nil {
			yield(store.Record{}, fmt.Errorf("read events: %w", err))
		}
	}
}

func (d *Disk) records(f store.Filter) (all []store.Record) {
	for _, e := range slices.Backward(d.events) {
		if f.Limit > 0 && len(all) == f.Limit {
			break
		}
		if picks(f, e.Event) && picksDelivery(f, e.deliveries) {
			all = append(all, e.record())
		}
	}
	return all
}

func (e *event) record() store.Record {
	r := store.Record{Event: plainEvent(e.Event), Number: e.number}
	for _, d := range e.deliveries {
		r.Deliveries = append(r.Deliveries, d.shown())
	}
	return r
}

func picks(f store.Filter, e bridge.Event) bool {
	return (f.Since.IsZero() || !e.Time.Before(f.Since)) &&
		(f.Until.IsZero() || e.Time.Before(f.Until)) &&
		(f.Source == "" || f.Source == e.Source) &&
		(f.Key == "" || f.Key == e.Key) &&
		(f.Type == "" || f.Type == e.Type)
}

func picksDelivery(f store.Filter, all []*delivery) bool {
	if f.Sink == "" && f.State == nil {
		return true
	}
	return slices.ContainsFunc(all, func(d *delivery) bool {
		return (f.Sink == "" || f.Sink == d.Sink) && (f.State == nil || *f.State == d.State)
	})
}

// Event is described at [store.History].
func (s *Store) Event(ctx context.Context, id string) (r store.Record, err error) {
	err = s.do(ctx, func(d *Disk) error {
		e, err := d.event(id)
		if err == nil {
			r = e.record()
		}
		return err
	})
	return r, err
}

// event returns the newest event that bears an id.
func (d *Disk) event(id string) (*event, error) {
	for _, e := range slices.Backward(d.events) {
		if e.ID == id {
			return e, nil
		}
	}
	return nil, fmt.Errorf("event %q: %w", id, store.ErrNotFound)
}

// Redeliver is described at [store.History].
func (s *Store) Redeliver(
	ctx context.Context, ids []string, sink string, order func(bridge.Event) store.Hash,
) (revived int, err error) {
	err = s.do(ctx, func(d *Disk) error {
		due := plain(d.now()).Add(-time.Duration(len(ids)))
		for i, id := range ids {
			if e, err := d.event(id); err == nil && s.revive(e, sink, order, due.Add(time.Duration(i))) {
				revived++
			}
		}
		return nil
	})
	return revived, err
}

// revive makes the event's delivery to a sink pending, unless it is.
func (s *Store) revive(e *event, sink string, order func(bridge.Event) store.Hash, due time.Time) bool {
	d := e.to(sink)
	switch {
	case d == nil:
		target := store.Target{Sink: sink}
		if order != nil {
			target.Order = order(e.Event)
		}
		d = s.deliver(e, target, "")
	case d.State == store.Pending:
		return false
	default:
		d.State, d.Attempts, d.Reason, d.Batch = store.Pending, 0, "", store.Batch{}
		d.queued, d.wait = plain(s.disk.now()), 0
		s.admit(d)
	}
	d.Due = due
	return true
}

// Drop is described at [store.History].
func (s *Store) Drop(ctx context.Context, id, sink string) error {
	return s.do(ctx, func(disk *Disk) error {
		e, err := disk.event(id)
		if err != nil {
			return err
		}
		d := e.to(sink)
		if d == nil || d.State != store.Buried {
			return fmt.Errorf("dead letter %q to %q: %w", id, sink, store.ErrNotFound)
		}
		d.State = store.Dropped
		return nil
	})
}

// Queue is described at [store.History].
func (s *Store) Queue(ctx context.Context) (map[string]store.Queue, error) {
	counts := map[string]store.Queue{}
	err := s.do(ctx, func(d *Disk) error {
		for name, sink := range d.sinks {
			q := store.Queue{Pending: len(sink.pending)}
			if q.Pending > 0 {
				q.Oldest = sink.pending[0].queued
			}
			counts[name] = q
		}
		for _, e := range d.events {
			for _, delivery := range e.deliveries {
				if delivery.State == store.Buried {
					q := counts[delivery.Sink]
					q.Dead++
					counts[delivery.Sink] = q
				}
			}
		}
		return nil
	})
	return counts, err
}

// Sweep is described at [store.History].
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	err = s.do(ctx, func(d *Disk) error {
		kept := d.events[:0:0]
		for _, e := range d.events {
			if !e.Time.Before(before) || e.moves() {
				kept = append(kept, e)
			}
		}
		removed, d.events = len(d.events)-len(kept), kept
		return nil
	})
	return removed, err
}

// moves reports whether a delivery of the event is pending, or may be retried by an operator.
func (e *event) moves() bool {
	return slices.ContainsFunc(e.deliveries, func(d *delivery) bool {
		return d.State == store.Pending || d.State == store.Buried
	})
}
