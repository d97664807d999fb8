package poll

import (
	"context"
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// index holds the entries of a source's items for the length of one poll, and a mark for each: whether the
// poll has seen it, and where its change is staged. Entries come in the order in which items were first listed,
// and most listings are in that order still, so that an item is mostly the next one: a million of them are then
// read as they lie in memory. For any other there is a table of hashes.
type index struct {
	known []known
	rare  []store.Entry
	marks []mark
	table []uint32 // positions in known, and one, where their hashes lead to; nil until it is needed
	shift uint     // from the first 64 bits of a hash to a place in the table
	next  int      // position of the item that is expected next
	fresh map[store.Hash]mark
	seen  int
}

// known is the entry of an item, as most are, in 64 bytes without a pointer: there may be a million.
type known struct {
	key, raw, digest store.Hash
	born             uint64
	revision         uint32
	slot             uint32 // or, with isRare, a place in rare
}

const isRare = 1 << 31

// mark is 0 for what the poll has not seen, 1 for what it found unchanged, else the number of the staged
// change and 2.
type mark uint32

const (
	unseen    mark = 0
	unchanged mark = 1
	firstMark mark = 2
)

// readIndex loads the entries of a source.
func readIndex(ctx context.Context, from store.Sources, source string, expect int) (*index, error) {
	x := &index{fresh: map[store.Hash]mark{}}
	x.known = make([]known, 0, expect)
	for entry, err := range from.Entries(ctx, source) {
		if err != nil {
			return nil, err
		}
		x.add(entry)
	}
	x.marks = make([]mark, len(x.known))
	return x, nil
}

func (x *index) add(e store.Entry) {
	k := known{e.Key, e.Raw, e.Digest, e.Born, uint32(e.Revision), uint32(e.Slot)}
	if e.Absent > 0 || e.Left != 0 || e.Candidate != nil || e.Slot >= isRare || e.Revision > math.MaxUint32 {
		k.slot = isRare | uint32(len(x.rare))
		x.rare = append(x.rare, e)
	}
	x.known = append(x.known, k)
}

// entry returns the entry at a position.
func (x *index) entry(position int) store.Entry {
	k := &x.known[position]
	if k.slot&isRare != 0 {
		return x.rare[k.slot&^isRare]
	}
	return store.Entry{Key: k.key, Raw: k.raw, Digest: k.digest, Slot: uint64(k.slot), Born: k.born, Revision: uint64(k.revision)}
}

// find returns the position of a known key, or -1.
func (x *index) find(key store.Hash) int {
	if x.next < len(x.known) && x.known[x.next].key == key {
		x.next++
		return x.next - 1
	}
	position := x.search(key)
	if position >= 0 {
		x.next = position + 1
	}
	return position
}

// search is find for a key that is not the expected one.
func (x *index) search(key store.Hash) int {
	if x.table == nil {
		x.build()
	}
	for at := x.hashed(key); ; at = (at + 1) & (len(x.table) - 1) {
		switch position := int(x.table[at]) - 1; {
		case position < 0 || x.known[position].key == key:
			return position
		}
	}
}

// build makes the table, which is at least half empty.
func (x *index) build() {
	width := bits.Len(uint(len(x.known))) + 1
	x.table, x.shift = make([]uint32, 1<<width), uint(64-width)
	for i := range x.known {
		at := x.hashed(x.known[i].key)
		for x.table[at] != 0 {
			at = (at + 1) & (len(x.table) - 1)
		}
		x.table[at] = uint32(i + 1)
	}
}

// hashed is where a key is to be looked for in the table: its own first bits, since it is a hash.
func (x *index) hashed(key store.Hash) int {
	return int(binary.BigEndian.Uint64(key[:8]) >> x.shift)
}

// mark returns the mark of a key, given its position.
func (x *index) mark(position int, key store.Hash) mark {
	if position < 0 {
		return x.fresh[key]
	}
	return x.marks[position]
}

func (x *index) setMark(position int, key store.Hash, m mark) {
	if x.mark(position, key) == unseen {
		x.seen++
	}
	if position < 0 {
		x.fresh[key] = m
		return
	}
	x.marks[position] = m
}
