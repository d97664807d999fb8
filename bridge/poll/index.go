package poll

import (
	"context"
	"encoding/binary"
	"math/bits"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// index holds the entries of a source's items for the length of one poll, and a mark for each: whether the
// poll has seen it, and where its change is staged. Entries come in the order of their keys' hashes, which
// are as good as random, so that the first bits of a hash lead to within a step or two of its entry.
type index struct {
	entries []store.Entry
	marks   []mark
	starts  []uint32            // of each bucket in entries, and its end
	shift   uint                // from the first 64 bits of a hash to its bucket
	fresh   map[store.Hash]mark // keys that were not known before this poll
	seen    int
}

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
	x.entries = make([]store.Entry, 0, expect)
	for entry, err := range from.Entries(ctx, source) {
		if err != nil {
			return nil, err
		}
		x.entries = append(x.entries, entry)
	}
	x.marks = make([]mark, len(x.entries))
	x.build()
	return x, nil
}

func (x *index) build() {
	width := uint(bits.Len(uint(len(x.entries))))
	x.shift = 64 - width
	x.starts = make([]uint32, 1<<width+1)
	for _, entry := range x.entries {
		x.starts[x.bucket(entry.Key)+1]++
	}
	for i := 1; i < len(x.starts); i++ {
		x.starts[i] += x.starts[i-1]
	}
}

func (x *index) bucket(key store.Hash) uint64 {
	return binary.BigEndian.Uint64(key[:8]) >> x.shift
}

// find returns the position of a known key, or -1.
func (x *index) find(key store.Hash) int {
	bucket := x.bucket(key)
	for i := x.starts[bucket]; i < x.starts[bucket+1]; i++ {
		if x.entries[i].Key == key {
			return int(i)
		}
	}
	return -1
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
