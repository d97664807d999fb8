package badger

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Memory is described at [store.Sources].
func (s *Store) Memory(ctx context.Context, source string) (m store.Memory, err error) {
	id, ok := s.sources.find(source)
	if !ok || ctx.Err() != nil {
		return m, ctx.Err()
	}
	err = s.look(func(v view) error {
		m, _, err = v.memory(id)
		return err
	})
	if err != nil {
		return m, fmt.Errorf("read memory of %q: %w", source, err)
	}
	return m, nil
}

func (v view) memory(id uint32) (m store.Memory, found bool, err error) {
	key := shortKey(kindMemory, id)
	record, err := v.get(key)
	if err != nil || record == nil {
		return m, false, err
	}
	m, err = openMemory(key, record)
	return m, true, err
}

// Known is described at [store.Sources].
func (s *Store) Known(ctx context.Context) (map[string]store.Memory, error) {
	known := map[string]store.Memory{}
	err := s.look(func(v view) error {
		for name, id := range s.sources.all() {
			if err := ctx.Err(); err != nil {
				return err
			}
			m, found, err := v.memory(id)
			if err != nil {
				return err
			}
			if found {
				known[name] = m
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read memories: %w", err)
	}
	return known, nil
}

// rememberedAtOnce bounds the memories that one transaction writes.
const rememberedAtOnce = 500

// Remember is described at [store.Sources]. Each memory is written whole; a kill may fall between two
// groups of them.
func (s *Store) Remember(ctx context.Context, all map[string]store.Memory) error {
	if err := s.space.forLittle(); err != nil {
		return err
	}
	for names := range slices.Chunk(slices.Sorted(maps.Keys(all)), rememberedAtOnce) {
		err := s.submit(ctx, func(b *batch) error {
			for _, name := range names {
				if err := s.remember(b, name, all[name]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("write memories: %w", err)
		}
	}
	return nil
}

func (s *Store) remember(b *batch, name string, m store.Memory) error {
	id, err := b.source(s.sources, name)
	if err != nil {
		return err
	}
	b.put(memoryRow(id, m))
	return nil
}

func memoryRow(id uint32, m store.Memory) row {
	key := shortKey(kindMemory, id)
	return row{key, sealMemory(key, m)}
}

// Entries is described at [store.Sources]. It holds one entry in memory.
func (s *Store) Entries(ctx context.Context, source string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		id, ok := s.sources.find(source)
		if !ok {
			return
		}
		stopped := false
		err := s.look(func(v view) error {
			return v.entries(ctx, id, func(e store.Entry) bool {
				stopped = !yield(e, nil)
				return !stopped
			})
		})
		if err != nil && !stopped {
			yield(store.Entry{}, fmt.Errorf("read index of %q: %w", source, err))
		}
	}
}

// pagesPerCheck is how often reading the index asks whether its context has ended.
const pagesPerCheck = 256

func (v view) entries(ctx context.Context, source uint32, yield func(store.Entry) bool) error {
	rows := v.walk(shortKey(kindPage, source))
	defer rows.Close()
	p := make(page, 0, pageItems)
	read := func(record []byte) (err error) {
		p, err = openPage(rows.key(), record, p[:0])
		return err
	}
	count := 0
	for rows.Rewind(); rows.valid(); rows.Next() {
		if count++; count%pagesPerCheck == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := rows.Item().Value(read); err != nil {
			return err
		}
		for _, e := range p {
			if !yield(e) {
				return nil
			}
		}
	}
	return ctx.Err()
}

// Stored is described at [store.Sources].
func (s *Store) Stored(ctx context.Context, source string, item store.Entry) (found store.Snapshot, err error) {
	id, ok := s.sources.find(source)
	if !ok {
		return found, fmt.Errorf("read item of %q: %w", source, store.ErrNotFound)
	}
	if err := ctx.Err(); err != nil {
		return found, err
	}
	err = s.look(func(v view) error {
		found, err = s.snapshot(v, id, item.Slot, item.Key)
		return err
	})
	if err != nil {
		return found, fmt.Errorf("read item of %q: %w", source, err)
	}
	return found, nil
}

func (s *Store) snapshot(v view, source uint32, slot uint64, item store.Hash) (found store.Snapshot, err error) {
	key := slotKey(kindSnapshot, source, slot)
	record, err := v.get(key)
	if err != nil {
		return found, err
	}
	if record == nil {
		return s.leaf(v, source, slot, item)
	}
	r, err := openSnapshot(key, record)
	if err != nil {
		return found, err
	}
	if r.item != item {
		return found, store.ErrNotFound // another has come into the slot
	}
	if r.blob != 0 {
		r.body, err = v.readParts(kindBlob, r.blob, partsOf(r.size))
	}
	return store.Snapshot{Key: r.key, Body: r.body}, err
}
