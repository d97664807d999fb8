package badger

import (
	"bytes"
	"cmp"
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
	r, err := openPacked(key, record, nil)
	if err != nil {
		return nil, err
	}
	for first := numberIn(key, 5) * pageItems; len(r.rest) > 0; {
		s = append(s, leaf{first + r.uint()%pageItems, r.hash(), r.text(), r.blob()})
	}
	return s, r.end(key)
}

// openPacked begins to read what is compressed in a sheaf, in the room of a buffer if that is enough.
func openPacked(key, record, buffer []byte) (plain reading, err error) {
	packed, err := open(key, record)
	if err != nil {
		return plain, err
	}
	size, err := s2.DecodedLen(packed.rest)
	if err == nil && size <= largestSheaf {
		plain.rest, err = s2.Decode(buffer, packed.rest)
	}
	if err != nil || size > largestSheaf {
		return plain, fmt.Errorf("read record %q: %w", key, errDamaged)
	}
	return plain, nil
}

// find reads on to the leaf of an item in a slot.
func (r *reading) find(first, slot uint64, item store.Hash) (l leaf, found bool) {
	for len(r.rest) > 0 {
		at, is := first+r.uint()%pageItems, r.hash()
		if at == slot && is == item {
			return leaf{at, is, r.text(), bytes.Clone(r.blob())}, true
		}
		r.raw(r.uint())
		r.blob()
	}
	return l, false
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
func (s *Store) leaf(v view, source uint32, slot uint64, item store.Hash) (found store.Snapshot, err error) {
	key := slotKey(kindSheaf, source, pageOf(slot))
	record, err := v.get(key)
	if err != nil || record == nil {
		return found, cmp.Or(err, store.ErrNotFound)
	}
	buffer, _ := s.unpacked.Get().(*[]byte)
	if buffer == nil {
		buffer = new(make([]byte, largestSheaf))
	}
	defer s.unpacked.Put(buffer)
	r, err := openPacked(key, record, *buffer)
	if err != nil {
		return found, err
	}
	l, there := r.find(pageOf(slot)*pageItems, slot, item)
	if r.err != nil {
		return found, r.end(key)
	}
	if there {
		there, err = v.known(source, slot, item)
	}
	if err != nil || !there {
		return found, cmp.Or(err, store.ErrNotFound)
	}
	return store.Snapshot{Key: l.key, Body: l.body}, nil
}

// known reports whether the index has an item in a slot.
func (v view) known(source uint32, slot uint64, item store.Hash) (bool, error) {
	key := slotKey(kindPage, source, pageOf(slot))
	record, err := v.get(key)
	if err != nil || record == nil {
		return false, err
	}
	p, err := openPage(key, record, make(page, 0, pageItems))
	at, found := p.find(slot)
	return found && p[at].Key == item, err
}
