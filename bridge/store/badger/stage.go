package badger

import (
	"context"
	"slices"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

// A stagedRange is a range of event numbers whose rows are written before the commit that they belong to.
type stagedRange struct{ first, last uint64 }

// stage writes the events of a commit before it, under a marker that hides them.
func (s *Store) stage(ctx context.Context, d *draft) error {
	count := len(d.events)
	var first uint64
	err := s.submit(ctx, func(b *batch) error {
		first = s.sequence.take(b, count)
		key := longKey(kindStaged, first)
		b.put(row{key, sealUint(key, first+uint64(count)-1)})
		return nil
	})
	if err != nil {
		return err
	}
	d.first = first
	var rows []row
	for i, e := range d.events {
		rows = append(rows, e.rows(first+uint64(i))...)
	}
	err = s.writeRows(ctx, rows)
	crashpoint.Here(crashpoint.StoreStaged)
	return err
}

// staged returns the ranges that are hidden, in the order of their numbers.
func (v view) staged() (ranges []stagedRange, err error) {
	err = v.eachRecord([]byte{kindStaged}, func(key, record []byte) error {
		last, err := openUint(key, record)
		ranges = append(ranges, stagedRange{numberIn(key, 1), last})
		return err
	})
	return ranges, err
}

func hidden(ranges []stagedRange, number uint64) bool {
	for _, r := range ranges {
		if r.first <= number && number <= r.last {
			return true
		}
	}
	return false
}

// unstage removes staged events, and their marker last. Without the marker they are committed, and stay.
func (s *Store) unstage(ctx context.Context, r stagedRange) error {
	var ranges []stagedRange
	err := s.look(func(v view) (err error) {
		ranges, err = v.staged()
		return err
	})
	if err != nil || !slices.Contains(ranges, r) {
		return err
	}
	var rows []row
	for _, kind := range []byte{kindTail, kindEvent} {
		found, err := s.rowsBetween(kind, r.first, r.last)
		if err != nil {
			return err
		}
		rows = append(rows, found...)
	}
	return s.writeRows(ctx, append(rows, row{key: longKey(kindStaged, r.first)}))
}

// rowsBetween lists the deletions of all rows of a kind with numbers from first to last.
func (s *Store) rowsBetween(kind byte, first, last uint64) (rows []row, err error) {
	err = s.look(func(v view) error {
		c := v.walk([]byte{kind})
		defer c.Close()
		for c.Seek(longKey(kind, first)); c.valid() && numberIn(c.key(), 1) <= last; c.Next() {
			rows = append(rows, row{key: c.Item().KeyCopy(nil)})
		}
		return nil
	})
	return rows, err
}

// clean removes what a kill has left between a commit and what was written before it.
func (s *Store) clean(ctx context.Context) error {
	s.eraseBlobs(ctx, s.orphans)
	s.orphans = nil
	var ranges []stagedRange
	err := s.look(func(v view) (err error) {
		ranges, err = v.staged()
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if err := s.unstage(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
