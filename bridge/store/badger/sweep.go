package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Bounds of sweeping: how many events one transaction looks at, how many rows it removes before it ends, and
// after how many events in a row that are too young the rest is taken to be so too. Events are in the order
// of their times but for jumps of the clock.
const (
	sweptAtOnce = 500
	sweptRows   = 2000
	youngEnough = 2000
)

// Sweep is described at [store.History]. It begins where the lowest event is, which is on disk beside what
// was swept, and not at the markers that Badger leaves for deleted rows.
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	if err := s.space.forLittle(); err != nil {
		return 0, err
	}
	var reached sweep
	for !reached.done {
		var next sweep
		err := s.submit(ctx, func(b *batch) error {
			next = reached
			return s.sweep(b, &next, before)
		})
		if err != nil {
			return reached.removed, fmt.Errorf("sweep events: %w", err)
		}
		reached = next
	}
	return reached.removed, nil
}

// A sweep is how far a call has come.
type sweep struct {
	from    uint64 // next number to look at
	kept    uint64 // lowest number that stays, 0: none yet
	young   int    // too young in a row
	removed int
	done    bool
}

func (s *Store) sweep(b *batch, w *sweep, before time.Time) error {
	if err := b.alone(); err != nil {
		return err
	}
	w.from = max(w.from, s.floor)
	err := s.db.View(func(txn *badger.Txn) error { return s.sweepSome(b, view{txn}, w, before) })
	if err != nil {
		return err
	}
	floor := w.from
	if w.kept != 0 {
		floor = w.kept
	}
	if floor > s.floor {
		b.put(row{[]byte(keyFloor), sealUint([]byte(keyFloor), floor)})
		b.after(func() { s.floor = floor })
	}
	return nil
}

func (s *Store) sweepSome(b *batch, v view, w *sweep, before time.Time) error {
	ranges, err := v.staged()
	if err != nil {
		return err
	}
	events, deliveries := v.walk([]byte{kindEvent}), v.walk([]byte{kindDelivery})
	defer events.Close()
	defer deliveries.Close()
	events.Seek(longKey(kindEvent, w.from))
	deliveries.Seek(longKey(kindDelivery, w.from))
	for range sweptAtOnce {
		if w.done = !events.valid() || w.young >= youngEnough; w.done || len(b.rows) > sweptRows {
			return nil
		}
		old := !hidden(ranges, numberIn(events.key(), 1))
		if err := b.sweepOne(w, events, deliveries, old, before); err != nil {
			return err
		}
		events.Next()
	}
	return nil
}

// sweepOne removes the event at which events stands, where it is old and settled.
func (b *batch) sweepOne(w *sweep, events, deliveries cursor, visible bool, before time.Time) error {
	number := numberIn(events.key(), 1)
	w.from = number + 1
	rows, old, err := eventRows(b, events, before)
	if err != nil {
		return err
	}
	settled, found, err := settledRows(deliveries, number)
	if err != nil {
		return err
	}
	w.young++
	if old {
		w.young = 0
	}
	if old && settled && visible {
		b.put(append(rows, found...)...)
		w.removed++
	} else if w.kept == 0 {
		w.kept = number
	}
	return nil
}

// eventRows lists the deletions of all rows of an event but its deliveries.
func eventRows(b *batch, events cursor, before time.Time) (rows []row, old bool, err error) {
	key := events.Item().KeyCopy(nil)
	number := numberIn(key, 1)
	err = events.Item().Value(func(record []byte) error {
		head, rest, err := openEvent(key, record)
		if err != nil || !head.Time.Before(before) {
			return err
		}
		old = true
		rows = append(rows, row{key: key})
		for part := range rest.parts {
			rows = append(rows, row{key: partKey(kindTail, number, part)})
		}
		if now, err := numberOf(b, head.ID); err == nil && now == number {
			rows = append(rows, row{key: idKey(head.ID)})
		}
		return nil
	})
	return rows, old, err
}

// settledRows moves a cursor past the deliveries of an event. It lists their deletions, and reports whether
// none of them is pending or buried.
func settledRows(c cursor, number uint64) (settled bool, rows []row, err error) {
	settled = true
	for ; c.valid() && numberIn(c.key(), 1) <= number; c.Next() {
		if numberIn(c.key(), 1) < number {
			continue
		}
		key := c.Item().KeyCopy(nil)
		rows = append(rows, row{key: key})
		err := c.Item().Value(func(record []byte) error {
			state, err := stateOf(key, record)
			settled = settled && (state == store.Done || state == store.Dropped)
			return err
		})
		if err != nil {
			return false, nil, err
		}
	}
	return settled, rows, nil
}

func (s *Store) restoreFloor(v view) error {
	key := []byte(keyFloor)
	record, err := v.get(key)
	if err == nil && record != nil {
		s.floor, err = openUint(key, record)
	}
	return err
}
