package badger

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// The first byte of each key says what the row is: see the package comment.
const (
	kindDelivery  = '1'
	kindReady     = '2'
	kindHead      = '3'
	kindWaiting   = '4'
	kindName      = 'N'
	kindMemory    = 'm'
	kindPage      = 'P'
	kindSnapshot  = 'c'
	kindSheaf     = 'C'
	kindForgotten = 'f'
	kindOwner     = 'o'
	kindBlob      = 'b'
	kindEvent     = 'e'
	kindTail      = 'p'
	kindStaged    = 'g'
	kindID        = 'I'
	kindDead      = 'x'
	kindSecret    = 'k'
	kindStanding  = 't'
)

// Names of rows that exist once.
const (
	keySchema   = "!schema"
	keyIdentity = "!identity"
	keySequence = "!sequence"
	keyFloor    = "!floor"
	keyLink     = "!link"
)

// Kinds of names.
const (
	nameSource = 's'
	nameSink   = 'd'
)

func nameKey(kind byte, name string) []byte {
	return append([]byte{kindName, kind}, name...)
}

// shortKey is a key of a kind and a four-byte number.
func shortKey(kind byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{kind}, id)
}

// longKey is a key of a kind and an eight-byte number.
func longKey(kind byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 13), kind), number)
}

// slotKey is the key of a page of the index or a sheaf, or of the snapshot in a slot.
func slotKey(kind byte, source uint32, number uint64) []byte {
	key := append(make([]byte, 0, 13), kind)
	key = binary.BigEndian.AppendUint32(key, source)
	return binary.BigEndian.AppendUint64(key, number)
}

// partKey is the key of a part of a blob or of an event's tail.
func partKey(kind byte, number uint64, part int) []byte {
	return binary.BigEndian.AppendUint32(longKey(kind, number), uint32(part))
}

func deliveryKey(number uint64, sink uint32) []byte {
	return binary.BigEndian.AppendUint32(longKey(kindDelivery, number), sink)
}

func deadKey(sink uint32, number uint64) []byte {
	return binary.BigEndian.AppendUint64(shortKey(kindDead, sink), number)
}

func orderKey(kind byte, sink uint32, order store.Hash) []byte {
	key := append(make([]byte, 0, 29), kind)
	key = binary.BigEndian.AppendUint32(key, sink)
	return append(key, order[:]...)
}

func waitingKey(sink uint32, order store.Hash, number uint64) []byte {
	return binary.BigEndian.AppendUint64(orderKey(kindWaiting, sink, order), number)
}

// A place is where a ready row stands in the queue of its sink.
type place struct {
	due    uint64 // sortable form of the instant
	number uint64
}

func placeOf(due time.Time, number uint64) place {
	return place{sortable(due), number}
}

func (p place) before(other place) bool {
	return p.due < other.due || p.due == other.due && p.number < other.number
}

func (p place) next() place { return place{p.due, p.number + 1} }

func (p place) key(sink uint32) []byte {
	key := append(make([]byte, 0, 21), kindReady)
	key = binary.BigEndian.AppendUint32(key, sink)
	key = binary.BigEndian.AppendUint64(key, p.due)
	return binary.BigEndian.AppendUint64(key, p.number)
}

// readyPlace is the inverse of place.key.
func readyPlace(key []byte) (sink uint32, p place) {
	return binary.BigEndian.Uint32(key[1:]),
		place{binary.BigEndian.Uint64(key[5:]), binary.BigEndian.Uint64(key[13:])}
}

// numberIn reads the eight-byte number at an offset of a key.
func numberIn(key []byte, at int) uint64 { return binary.BigEndian.Uint64(key[at:]) }

// sinkIn reads the four-byte number at an offset of a key.
func sinkIn(key []byte, at int) uint32 { return binary.BigEndian.Uint32(key[at:]) }

// The instants that fit into 64 bits of nanoseconds; others are drawn to the nearer of these.
const signBit = 1 << 63

// sortable maps instants to numbers in their order, to the nanosecond from 1678 to 2262.
func sortable(t time.Time) uint64 {
	switch seconds := t.Unix(); {
	case seconds <= math.MinInt64/int64(time.Second):
		return 0
	case seconds >= math.MaxInt64/int64(time.Second):
		return math.MaxUint64
	default:
		return uint64(t.UnixNano()) ^ signBit
	}
}

// instant is the inverse of sortable.
func instant(sorted uint64) time.Time {
	return time.Unix(0, int64(sorted^signBit)).UTC()
}
