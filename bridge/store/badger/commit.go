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
	costOfPut      = 128
	costOfPage     = 768
	costOfEvent    = 256
	costOfDelivery = 384
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
	size += costOfPage * pagesIn(d.Commit)
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

// pagesIn is how many pages of the index a commit writes, at most.
func pagesIn(c store.Commit) int {
	written, added := map[uint64]bool{}, 0
	for _, p := range c.Put {
		if p.Entry.Slot == 0 {
			added++
		} else {
			written[pageOf(p.Entry.Slot)] = true
		}
	}
	for _, e := range c.Drop {
		written[pageOf(e.Slot)] = true
	}
	return len(written) + added/pageItems + 2
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
	x := exchange{
		slots: s.slots, large: s.large, batch: b, changed: map[largeKey]uint64{},
		index: pages{b, source, map[uint64]page{}},
	}
	for _, e := range d.Drop {
		if err := x.drop(e); err != nil {
			return nil, err
		}
	}
	for i, p := range d.Put {
		if err := x.put(p, d.blobs[i]); err != nil {
			return nil, err
		}
	}
	x.index.write()
	b.bind(source, x.leaves, x.first)
	return x.end()
}

// An exchange puts entries and snapshots in the place of others, and blobs.
type exchange struct {
	slots    *slots
	large    map[largeKey]uint64
	batch    *batch
	index    pages
	leaves   []leaf              // of new items
	first    uint64              // slot that a new item took; 0: there is none
	changed  map[largeKey]uint64 // 0: no blob any more
	replaced []uint64
}

func (x *exchange) drop(e store.Entry) error {
	found, err := x.index.drop(e)
	if err != nil || !found {
		return err
	}
	x.batch.put(row{key: slotKey(kindSnapshot, x.index.source, e.Slot)})
	return x.replace(largeKey{x.index.source, e.Key}, 0, 0)
}

func (x *exchange) put(p store.Put, blob uint64) (err error) {
	source, known := x.index.source, p.Entry.Slot != 0
	if !known {
		if p.Entry.Slot, err = x.take(); err != nil {
			return err
		}
	}
	if err := x.index.put(p.Entry, known); err != nil || p.Body == nil {
		return err
	}
	l := leaf{p.Entry.Slot, p.Entry.Key, p.Key, p.Body}
	if !known && blob == 0 && l.fits() {
		x.leaves = append(x.leaves, l)
		return nil
	}
	key := slotKey(kindSnapshot, source, p.Entry.Slot)
	snapshot := snapshotRecord{p.Entry.Key, p.Key, p.Body, blob, len(p.Body)}
	x.batch.put(row{key, snapshot.seal(key)})
	return x.replace(largeKey{source, p.Entry.Key}, blob, len(p.Body))
}

// take gives a new item its slot.
func (x *exchange) take() (slot uint64, err error) {
	slot, err = x.slots.take(x.index.source)
	if x.first == 0 {
		x.first = slot
	}
	return slot, err
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
