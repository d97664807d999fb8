package badger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A draft is a commit on its way: what of it is written before it, since one transaction would not take it.
type draft struct {
	store.Commit
	events []eventRecord
	blobs  map[int]uint64 // by place in Put
	first  uint64         // number of the first event, where they are staged
}

// What rows cost in a transaction beside the texts and bodies in them, and a little more.
const (
	costOfPut      = 256
	costOfEvent    = 256
	costOfDelivery = 512
)

// Commit is described at [store.Sources]. It takes any size of items and events, writing what is too large
// for one transaction beforehand where nothing sees it. The number of rows is bounded by the transaction:
// about 6,000 items and deliveries together.
func (s *Store) Commit(ctx context.Context, c store.Commit) error {
	if err := s.space.forMuch(); err != nil {
		return err
	}
	d := &draft{Commit: c, blobs: map[int]uint64{}}
	for _, a := range c.Append {
		d.events = append(d.events, recordOf(a.Event))
	}
	var replaced []uint64
	err := s.prepare(ctx, d)
	if err == nil {
		err = s.submit(ctx, func(b *batch) (err error) {
			replaced, err = s.apply(b, d)
			return err
		})
	}
	if err != nil {
		s.withdraw(ctx, d)
		return fmt.Errorf("commit to %q: %w", c.Source, err)
	}
	s.eraseBlobs(ctx, replaced)
	return nil
}

// prepare writes what one transaction would not take.
func (s *Store) prepare(ctx context.Context, d *draft) error {
	budget := limitsOf(s.db).size
	rest, err := s.spill(ctx, d, budget)
	if err != nil {
		return err
	}
	for _, e := range d.events {
		rest += len(e.head) + len(e.tail) + costOfEvent
	}
	if rest > budget {
		return s.stage(ctx, d)
	}
	return nil
}

// spill makes blobs of the largest bodies until the items fit, and returns the size of what is left.
func (s *Store) spill(ctx context.Context, d *draft, budget int) (size int, err error) {
	bySize := make([]int, len(d.Put))
	for i, p := range d.Put {
		bySize[i] = i
		size += costOfPut + len(p.Key) + len(p.Body)
	}
	for _, a := range d.Append {
		size += len(a.Event.ID) + costOfEvent + len(a.To)*(costOfDelivery+min(len(a.Bury), maxText))
	}
	slices.SortFunc(bySize, func(a, b int) int { return cmp.Compare(len(d.Put[b].Body), len(d.Put[a].Body)) })
	for _, i := range bySize {
		body := d.Put[i].Body
		if len(body) <= partSize && size <= budget {
			break
		}
		if d.blobs[i], err = s.writeBlob(ctx, body); err != nil {
			return 0, err
		}
		crashpoint.Here(crashpoint.StoreBlob)
		size -= len(body)
	}
	return size, nil
}

// withdraw removes what a commit that failed has written before it.
func (s *Store) withdraw(ctx context.Context, d *draft) {
	for _, blob := range d.blobs {
		s.eraseBlobs(ctx, []uint64{blob})
	}
	if d.first == 0 {
		return
	}
	err := s.unstage(context.WithoutCancel(ctx), stagedRange{d.first, d.first + uint64(len(d.events)) - 1})
	if err != nil && !errors.Is(err, errClosed) {
		s.log.Debug("remove staged events", "error", err)
	}
}

// apply writes a commit, and returns the blobs that nothing refers to after it.
func (s *Store) apply(b *batch, d *draft) (replaced []uint64, err error) {
	source, err := b.source(s.sources, d.Source)
	if err != nil {
		return nil, err
	}
	if replaced, err = s.applyItems(b, d, source); err != nil {
		return nil, err
	}
	if d.Memory != nil {
		b.put(memoryRow(source, *d.Memory))
	}
	number := s.numbers(b, d)
	for i, a := range d.Append {
		if d.first == 0 {
			b.put(d.events[i].rows(number)...)
		}
		if err := s.append(b, a, number); err != nil {
			return nil, err
		}
		number++
	}
	return replaced, nil
}

// numbers returns the number of the commit's first event.
func (s *Store) numbers(b *batch, d *draft) uint64 {
	if d.first == 0 {
		return s.sequence.take(b, len(d.events))
	}
	b.put(row{key: longKey(kindStaged, d.first)})
	return d.first
}

// applyItems writes the entries and snapshots of a commit.
func (s *Store) applyItems(b *batch, d *draft, source uint32) (replaced []uint64, err error) {
	x := exchange{large: s.large, batch: b, changed: map[largeKey]uint64{}}
	for _, item := range d.Drop {
		b.put(row{key: itemKey(kindEntry, source, item)}, row{key: itemKey(kindSnapshot, source, item)})
		if err := x.replace(largeKey{source, item}, 0, 0); err != nil {
			return nil, err
		}
	}
	for i, p := range d.Put {
		key := itemKey(kindEntry, source, p.Entry.Key)
		b.put(row{key, sealEntry(key, p.Entry)})
		if p.Body == nil {
			continue
		}
		key = itemKey(kindSnapshot, source, p.Entry.Key)
		snapshot := snapshotRecord{p.Key, p.Body, d.blobs[i], len(p.Body)}
		b.put(row{key, snapshot.seal(key)})
		if err := x.replace(largeKey{source, p.Entry.Key}, d.blobs[i], len(p.Body)); err != nil {
			return nil, err
		}
	}
	return x.end()
}

// An exchange puts blobs in the place of others.
type exchange struct {
	large    map[largeKey]uint64
	batch    *batch
	changed  map[largeKey]uint64 // 0: no blob any more
	replaced []uint64
}

// replace makes a blob of size the body of a snapshot, 0 for none, and disowns the one that was it.
func (x *exchange) replace(key largeKey, blob uint64, size int) error {
	old, again := x.changed[key]
	if !again {
		old = x.large[key]
	}
	if old == 0 && blob == 0 {
		return nil
	}
	x.changed[key] = blob
	if blob != 0 {
		r := owner{true, partsOf(size), key}.row(blob)
		x.batch.set(r.key, r.value)
	}
	if old == 0 {
		return nil
	}
	x.replaced = append(x.replaced, old)
	return x.batch.disown(old)
}

// end returns the blobs that nothing refers to any more.
func (x *exchange) end() ([]uint64, error) {
	if len(x.changed) == 0 {
		return nil, nil
	}
	x.batch.after(func() {
		maps.Copy(x.large, x.changed)
		maps.DeleteFunc(x.large, func(_ largeKey, blob uint64) bool { return blob == 0 })
	})
	return x.replaced, x.batch.alone()
}
