package badger

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// forgottenAtOnce bounds the items that one transaction removes.
const forgottenAtOnce = 2000

// Forget is described at [store.Sources]. The source is gone with the first transaction, in which its name
// loses its number; its rows go in bounded ones after it. A kill in between leaves the rest to the next start.
func (s *Store) Forget(ctx context.Context, source string) error {
	if err := s.space.forLittle(); err != nil {
		return err
	}
	id, err := s.forgetName(ctx, source)
	if err == nil && id != 0 {
		err = s.removeItems(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("forget source %q: %w", source, err)
	}
	return nil
}

// Rename is described at [store.Sources]. Rows go by the number of their source, so that only its name moves.
func (s *Store) Rename(ctx context.Context, from, to string) error {
	if err := s.space.forLittle(); err != nil {
		return err
	}
	err := s.submit(ctx, func(b *batch) error { return b.rename(s.sources, from, to) })
	if err != nil {
		return fmt.Errorf("rename source %q to %q: %w", from, to, err)
	}
	return nil
}

func (b *batch) rename(n *sources, from, to string) error {
	id, found, err := b.number(nameSource, from)
	if err != nil {
		return err
	}
	if !found {
		return store.ErrNotFound
	}
	if _, taken, err := b.number(nameSource, to); err != nil || taken {
		return cmp.Or(err, errTaken)
	}
	b.delete(nameKey(nameSource, from))
	b.name(nameSource, to, id)
	b.after(func() { n.lose(from); n.learn(to, id) })
	return nil
}

var errTaken = errors.New("there is a source of that name already")

// forgetName returns the number that the source had, 0 where it was not known.
func (s *Store) forgetName(ctx context.Context, source string) (id uint32, err error) {
	err = s.submit(ctx, func(b *batch) error {
		found := false
		id, found, err = b.number(nameSource, source)
		if err != nil || !found {
			return err
		}
		b.delete(nameKey(nameSource, source))
		b.put(row{key: shortKey(kindMemory, id)})
		key := shortKey(kindForgotten, id)
		b.put(row{key, sealUint(key, 0)})
		b.after(func() { s.sources.lose(source) })
		return nil
	})
	return id, err
}

// removeItems removes all items of a source that has lost its name, and the row that says so last.
func (s *Store) removeItems(ctx context.Context, source uint32) error {
	var last uint64
	for {
		items, err := s.someItems(source, last)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return s.writeRows(ctx, []row{{key: shortKey(kindForgotten, source)}})
		}
		if err := s.dropItems(ctx, source, items); err != nil {
			return err
		}
		last = items[len(items)-1].Slot
	}
}

// someItems lists items from the page of a slot on.
func (s *Store) someItems(source uint32, from uint64) (items page, err error) {
	err = s.look(func(v view) error {
		c := v.walk(shortKey(kindPage, source))
		defer c.Close()
		for c.Seek(slotKey(kindPage, source, pageOf(from))); c.valid() && len(items) < forgottenAtOnce; c.Next() {
			err := c.Item().Value(func(record []byte) error {
				p, err := openPage(c.key(), record, nil)
				items = append(items, p...)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return items, err
}

func (s *Store) dropItems(ctx context.Context, source uint32, items []store.Entry) error {
	var replaced []uint64
	err := s.submit(ctx, func(b *batch) (err error) {
		replaced, err = s.applyItems(b, &draft{Commit: store.Commit{Drop: items}}, source)
		return err
	})
	if err != nil {
		return err
	}
	s.eraseBlobs(ctx, replaced)
	return nil
}

// resumeForgetting goes on where a kill has interrupted.
func (s *Store) resumeForgetting(ctx context.Context) error {
	var sources []uint32
	err := s.look(func(v view) error {
		return v.eachRecord([]byte{kindForgotten}, func(key, _ []byte) error {
			sources = append(sources, sinkIn(key, 1))
			return nil
		})
	})
	for _, id := range sources {
		if err == nil {
			err = s.removeItems(ctx, id)
		}
	}
	return err
}
