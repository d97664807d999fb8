package badger

import (
	"fmt"

	"github.com/klauspost/compress/s2"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// A sheaf is a row C: snapshots of items of one page that came in one commit, compressed together, which takes a third
// of what rows of their own take. It is written once: a body that comes later has a row of its own, which counts before
// what the sheaf has for its slot, so that a change of one item writes one body. The sheaf goes when its page does.
type sheaf []leaf

// A leaf is the snapshot of one item.
type leaf struct {
	slot uint64
	item store.Hash
	key  string
	body []byte
}

// Bounds of what is worth to be in a sheaf. Long bodies compress no better together, and whoever reads one body reads
// them all.
const (
	fewestLeaves = 2
	largestLeaf  = 4 << 10 // of key and body
	largestSheaf = pageItems * (largestLeaf + 64)
)

func (l leaf) fits() bool { return len(l.key)+len(l.body) <= largestLeaf }

// row is the row of its own that a leaf has outside of a sheaf.
func (l leaf) row(source uint32) row {
	key := slotKey(kindSnapshot, source, l.slot)
	return row{key, snapshotRecord{item: l.item, key: l.key, body: l.body}.seal(key)}
}

func (s sheaf) seal(key []byte) []byte {
	plain := &writing{make([]byte, 0, largestLeaf)}
	for _, l := range s {
		plain.uint(l.slot % pageItems)
		plain.hash(l.item)
		plain.text(l.key)
		plain.blob(l.body)
	}
	w := newWriting(s2.MaxEncodedLen(len(plain.bytes)))
	w.raw(s2.Encode(w.bytes[len(w.bytes):cap(w.bytes)], plain.bytes))
	return w.seal(key)
}

func openSheaf(key, record []byte) (s sheaf, err error) {
	packed, err := open(key, record)
	if err != nil {
		return nil, err
	}
	if size, err := s2.DecodedLen(packed.rest); err != nil || size > largestSheaf {
		return nil, fmt.Errorf("read record %q: %w", key, errDamaged)
	}
	plain, err := s2.Decode(nil, packed.rest)
	if err != nil {
		return nil, fmt.Errorf("read record %q: %w", key, errDamaged)
	}
	first, r := numberIn(key, 5)*pageItems, reading{rest: plain}
	for len(r.rest) > 0 {
		s = append(s, leaf{first + r.uint()%pageItems, r.hash(), r.text(), r.blob()})
	}
	return s, r.end(key)
}

// bind writes the leaves of a commit, in the order of their slots, the first of which is given: in a sheaf for each page
// that the commit has begun, and in rows of their own for one that was there.
func (b *batch) bind(source uint32, leaves []leaf, first uint64) {
	for len(leaves) > 0 {
		page, count := pageOf(leaves[0].slot), 1
		for count < len(leaves) && pageOf(leaves[count].slot) == page {
			count++
		}
		if begun := max(page*pageItems, firstSlot) >= first; begun && count >= fewestLeaves {
			key := slotKey(kindSheaf, source, page)
			b.put(row{key, sheaf(leaves[:count]).seal(key)})
		} else {
			for _, l := range leaves[:count] {
				b.put(l.row(source))
			}
		}
		leaves = leaves[count:]
	}
}

// leaf returns the snapshot that a sheaf has for a slot. It has those of items that are gone, too.
func (v view) leaf(source uint32, slot uint64, item store.Hash) (found store.Snapshot, err error) {
	leaves, err := v.sheaf(source, pageOf(slot))
	if err != nil {
		return found, err
	}
	for _, l := range leaves {
		if l.slot != slot || l.item != item {
			continue
		}
		known, err := v.page(source, pageOf(slot))
		if at, there := known.find(slot); err != nil || there && known[at].Key == item {
			return store.Snapshot{Key: l.key, Body: l.body}, err
		}
	}
	return found, store.ErrNotFound
}

func (v view) sheaf(source uint32, page uint64) (sheaf, error) {
	key := slotKey(kindSheaf, source, page)
	record, err := v.get(key)
	if err != nil || record == nil {
		return nil, err
	}
	return openSheaf(key, record)
}
