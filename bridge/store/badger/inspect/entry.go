package inspect

import (
	"crypto/aes"
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"github.com/dgraph-io/badger/v4/y"
)

// A log begins with the number of its key and the rest of an initialisation vector, whose last four bytes are the
// place of each entry. An entry is a header, a key with its version, a value, and a checksum over all of it
// (memtable.go and structs.go of Badger).
const (
	logTop    = 20
	maxLogKey = 1 << 16
	ofTxn     = 1 << 6 // in the first byte: the entry is one of a transaction
	endsTxn   = 1 << 7 // the entry ends one
)

// An entry of a log.
type entry struct {
	kind    byte
	version uint64
	key     []byte // without its version
	value   []byte
	size    int
}

// fin returns which transaction the entry ends.
func (e *entry) fin() (version uint64, ok bool) {
	version, err := strconv.ParseUint(string(e.value), 10, 64)
	return version, err == nil
}

// entryAt reads the entry at a place. It is not there where all is zero, cut short or damaged.
func (l *log) entryAt(at int) (e entry, ok bool) {
	rest := l.content[at:]
	if len(rest) < 2 {
		return e, false
	}
	e.kind = rest[0]
	top := 2
	var lengths [3]uint64 // of the key and the value, and when it expires
	for n := range lengths {
		number, size := binary.Uvarint(rest[top:])
		if size <= 0 {
			return e, false
		}
		lengths[n], top = number, top+size
	}
	if lengths[0] < 8 || lengths[0] > maxLogKey || lengths[1] > uint64(len(rest)) {
		return e, false
	}
	end := top + int(lengths[0]+lengths[1])
	if end+crc32.Size > len(rest) ||
		crc32.Checksum(rest[:end], y.CastagnoliCrcTable) != binary.BigEndian.Uint32(rest[end:]) {
		return e, false
	}
	e.size = end + crc32.Size
	row, err := l.decrypt(rest[top:end], at)
	if err != nil {
		return e, false
	}
	e.key, e.value = y.ParseKey(row[:lengths[0]]), row[lengths[0]:]
	e.version = y.ParseTs(row[:lengths[0]])
	return e, true
}

func (l *log) decrypt(row []byte, at int) ([]byte, error) {
	if l.key == nil {
		return row, nil
	}
	vector := make([]byte, aes.BlockSize)
	copy(vector, l.content[8:logTop])
	binary.BigEndian.PutUint32(vector[logTop-8:], uint32(at))
	return y.XORBlockAllocate(row, l.key, vector)
}
