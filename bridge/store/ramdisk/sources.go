package ramdisk

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// A source is all that is kept of one but its events.
type source struct {
	memory *store.Memory // nil: it is not known
	items  map[store.Hash]*item
	last   uint64 // slot given
}

type item struct {
	entry    store.Entry
	snapshot store.Snapshot
}

// source returns what is kept under a name, and makes room for it.
func (d *Disk) source(name string) *source {
	s := d.sources[name]
	if s == nil {
		s = &source{items: map[store.Hash]*item{}}
		d.sources[name] = s
	}
	return s
}

// Memory is described at [store.Sources].
func (s *Store) Memory(ctx context.Context, source string) (m store.Memory, err error) {
	err = s.do(ctx, func(d *Disk) error {
		if known := d.sources[source]; known != nil && known.memory != nil {
			m = plainMemory(*known.memory)
		}
		return nil
	})
	return m, err
}

// Known is described at [store.Sources].
func (s *Store) Known(ctx context.Context) (map[string]store.Memory, error) {
	known := map[string]store.Memory{}
	err := s.do(ctx, func(d *Disk) error {
		for name, source := range d.sources {
			if source.memory != nil {
				known[name] = plainMemory(*source.memory)
			}
		}
		return nil
	})
	return known, err
}

// Remember is described at [store.Sources].
func (s *Store) Remember(ctx context.Context, all map[string]store.Memory) error {
	return s.do(ctx, func(d *Disk) error {
		for name, m := range all {
			d.source(name).remember(m)
		}
		return nil
	})
}

func (s *source) remember(m store.Memory) {
	m = plainMemory(m)
	s.memory = &m
}

// Entries is described at [store.Sources].
func (s *Store) Entries(ctx context.Context, source string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		entries, err := s.entries(ctx, source)
		for _, entry := range entries {
			if err = ctx.Err(); err != nil || !yield(entry, nil) {
				break
			}
		}
		if err != nil {
			yield(store.Entry{}, fmt.Errorf("read entries of %q: %w", source, err))
		}
	}
}

// entries reads the index at once.
func (s *Store) entries(ctx context.Context, source string) (all []store.Entry, err error) {
	err = s.do(ctx, func(d *Disk) error {
		known := d.sources[source]
		if known == nil {
			return nil
		}
		for _, item := range known.items {
			all = append(all, plainEntry(item.entry))
		}
		return nil
	})
	slices.SortFunc(all, func(a, b store.Entry) int { return cmp.Compare(a.Slot, b.Slot) })
	return all, err
}

// Stored is described at [store.Sources].
func (s *Store) Stored(ctx context.Context, source string, e store.Entry) (found store.Snapshot, err error) {
	err = s.do(ctx, func(d *Disk) error {
		if known := d.sources[source]; known != nil && known.has(e) {
			found = known.items[e.Key].snapshot
			found.Body = clone(found.Body)
			return nil
		}
		return fmt.Errorf("item of %q: %w", source, store.ErrNotFound)
	})
	return found, err
}

// Commit is described at [store.Sources].
func (s *Store) Commit(ctx context.Context, c store.Commit) error {
	return s.do(ctx, func(d *Disk) error {
		source := d.source(c.Source)
		for _, p := range c.Put {
			if !source.fits(p.Entry, c.Drop) {
				return fmt.Errorf("put item %x: slot %d is not its own", p.Entry.Key, p.Entry.Slot)
			}
		}
		for _, e := range c.Drop {
			if source.has(e) {
				delete(source.items, e.Key)
			}
		}
		for _, p := range c.Put {
			source.put(p)
		}
		if c.Memory != nil {
			source.remember(*c.Memory)
		}
		s.append(c.Append)
		return nil
	})
}

// has reports whether an item is kept where its entry says.
func (s *source) has(e store.Entry) bool {
	known := s.items[e.Key]
	return known != nil && known.entry.Slot == e.Slot
}

// fits reports whether an entry has the slot that it should have, once others were dropped.
func (s *source) fits(e store.Entry, dropped []store.Entry) bool {
	isIt := func(d store.Entry) bool { return d.Key == e.Key }
	if e.Slot != 0 {
		return s.has(e)
	}
	return s.items[e.Key] == nil || slices.ContainsFunc(dropped, isIt)
}

func (s *source) put(p store.Put) {
	known := s.items[p.Entry.Key]
	if known == nil {
		known = &item{}
		s.items[p.Entry.Key] = known
		s.last++
		p.Entry.Slot = s.last
	}
	known.entry = plainEntry(p.Entry)
	if p.Body != nil {
		known.snapshot = store.Snapshot{Key: p.Key, Body: clone(p.Body)}
	}
}

// Rename is described at [store.Sources].
func (s *Store) Rename(ctx context.Context, from, to string) error {
	return s.do(ctx, func(d *Disk) error {
		switch {
		case d.sources[from] == nil:
			return fmt.Errorf("rename source %q: %w", from, store.ErrNotFound)
		case d.sources[to] != nil:
			return fmt.Errorf("rename source %q: something is kept of %q", from, to)
		}
		d.sources[to] = d.sources[from]
		delete(d.sources, from)
		return nil
	})
}

// Forget is described at [store.Sources].
func (s *Store) Forget(ctx context.Context, source string) error {
	return s.do(ctx, func(d *Disk) error {
		delete(d.sources, source)
		return nil
	})
}

func plainEntry(e store.Entry) store.Entry {
	if e.Candidate != nil {
		candidate := *e.Candidate
		e.Candidate = &candidate
	}
	return e
}

func plainMemory(m store.Memory) store.Memory {
	m.Cursor = clone(m.Cursor)
	m.Baseline, m.Polled, m.Changed, m.NotBefore = plain(m.Baseline), plain(m.Polled), plain(m.Changed), plain(m.NotBefore)
	m.Failing, m.Gone = plain(m.Failing), plain(m.Gone)
	if m.Hold != nil {
		hold := *m.Hold
		hold.Since = plain(hold.Since)
		m.Hold = &hold
	}
	if m.Ahead != nil {
		m.Ahead = &store.Ahead{Cursor: clone(m.Ahead.Cursor), Polls: m.Ahead.Polls}
	}
	return m
}
