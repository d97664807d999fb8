package badger

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Events is described at [store.History]. It reads the state of the moment at which the iteration begins,
// and the bodies of no event that the filter leaves out.
func (s *Store) Events(ctx context.Context, f store.Filter) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		stopped, count := false, 0
		err := s.look(func(v view) error {
			return s.records(ctx, v, f, func(r store.Record) bool {
				stopped = !yield(r, nil)
				count++
				return !stopped && count != f.Limit
			})
		})
		if err != nil && !stopped {
			yield(store.Record{}, fmt.Errorf("read events: %w", err))
		}
	}
}

// records walks down the events and, beside them, their deliveries.
func (s *Store) records(ctx context.Context, v view, f store.Filter, yield func(store.Record) bool) error {
	ranges, err := v.staged()
	if err != nil {
		return err
	}
	events, deliveries := v.walkDown([]byte{kindEvent}), v.walkDown([]byte{kindDelivery})
	defer events.Close()
	defer deliveries.Close()
	for ; events.valid(); events.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if hidden(ranges, numberIn(events.key(), 1)) {
			continue
		}
		r, picked, err := s.record(v, f, events, deliveries)
		if err != nil {
			return err
		}
		if picked && !yield(r) {
			return nil
		}
	}
	return nil
}

// record reads the event at which events stands, where the filter picks it.
func (s *Store) record(v view, f store.Filter, events, deliveries cursor) (r store.Record, picked bool, err error) {
	key := events.key()
	r.Number = numberIn(key, 1)
	err = events.Item().Value(func(record []byte) error {
		head, rest, err := openEvent(key, record)
		if err != nil || !picks(f, head) {
			return err
		}
		if r.Deliveries, err = s.deliveriesDown(deliveries, r.Number); err != nil {
			return err
		}
		if picked = picksDelivery(f, r.Deliveries); picked {
			r.Event, _, err = v.withTail(key, r.Number, head, rest)
		}
		return err
	})
	return r, picked, err
}

func picks(f store.Filter, e bridge.Event) bool {
	return (f.Since.IsZero() || !e.Time.Before(f.Since)) &&
		(f.Until.IsZero() || e.Time.Before(f.Until)) &&
		(f.Source == "" || f.Source == e.Source) &&
		(f.Key == "" || f.Key == e.Key) &&
		(f.Type == "" || f.Type == e.Type)
}

func picksDelivery(f store.Filter, all []store.Delivery) bool {
	if f.Sink == "" && f.State == nil {
		return true
	}
	return slices.ContainsFunc(all, func(d store.Delivery) bool {
		return (f.Sink == "" || f.Sink == d.Sink) && (f.State == nil || *f.State == d.State)
	})
}

// deliveriesDown reads the deliveries of an event with a cursor that stands at them or above, and leaves it
// below them.
func (s *Store) deliveriesDown(c cursor, number uint64) (all []store.Delivery, err error) {
	for ; c.valid() && numberIn(c.key(), 1) >= number; c.Next() {
		if numberIn(c.key(), 1) > number {
			continue
		}
		err := c.Item().Value(func(record []byte) error {
			d, err := s.deliveryOf(c.key(), record)
			all = append(all, d)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b store.Delivery) int { return cmp.Compare(a.Sink, b.Sink) })
	return all, nil
}

func (s *Store) deliveryOf(key, record []byte) (store.Delivery, error) {
	d, err := openDelivery(key, record)
	if err != nil {
		return store.Delivery{}, err
	}
	q := s.outbox.numbered(sinkIn(key, 9))
	if q == nil {
		return store.Delivery{}, fmt.Errorf("read record %q: its sink is unknown: %w", key, errDamaged)
	}
	return d.delivery(q.name, bridge.Event{}), nil
}

// Event is described at [store.History].
func (s *Store) Event(ctx context.Context, id string) (r store.Record, err error) {
	if err := ctx.Err(); err != nil {
		return r, err
	}
	err = s.look(func(v view) error {
		number, err := numberOf(v, id)
		if err != nil {
			return err
		}
		r.Number = number
		if r.Event, err = v.readEvent(number); err != nil {
			return err
		}
		c := v.walkDown(longKey(kindDelivery, number))
		defer c.Close()
		r.Deliveries, err = s.deliveriesDown(c, number)
		return err
	})
	if err != nil {
		return store.Record{}, fmt.Errorf("read event %q: %w", id, err)
	}
	return r, nil
}

// A getter reads one row.
type getter interface {
	get(key []byte) ([]byte, error)
}

func numberOf(from getter, id string) (uint64, error) {
	key := idKey(id)
	record, err := from.get(key)
	if err != nil {
		return 0, err
	}
	if record == nil {
		return 0, store.ErrNotFound
	}
	return openUint(key, record)
}
