package badger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/zeebo/xxh3"
)

// A record is a version, the fields, and four bytes of checksum over key and record: Badger does not verify
// its tables when it reads them, and a flipped bit must not become part of an event.
const (
	recordVersion = 1
	checksumSize  = 4
)

var errDamaged = errors.New("record is damaged")

// A writing collects the fields of a record.
type writing struct{ bytes []byte }

func newWriting(size int) *writing {
	return &writing{append(make([]byte, 0, size+1+checksumSize), recordVersion)}
}

// seal ends the record, which belongs under key.
func (w *writing) seal(key []byte) []byte {
	return binary.BigEndian.AppendUint32(w.bytes, checksum(key, w.bytes))
}

func checksum(key, record []byte) uint32 {
	return uint32(xxh3.HashSeed(record, xxh3.Hash(key)))
}

func (w *writing) uint(n uint64)     { w.bytes = binary.AppendUvarint(w.bytes, n) }
func (w *writing) int(n int64)       { w.bytes = binary.AppendVarint(w.bytes, n) }
func (w *writing) raw(b []byte)      { w.bytes = append(w.bytes, b...) }
func (w *writing) hash(h store.Hash) { w.bytes = append(w.bytes, h[:]...) }

func (w *writing) bool(b bool) {
	if b {
		w.uint(1)
	} else {
		w.uint(0)
	}
}

func (w *writing) text(s string) {
	w.uint(uint64(len(s)))
	w.bytes = append(w.bytes, s...)
}

// blob keeps nil apart from empty.
func (w *writing) blob(b []byte) {
	if b == nil {
		w.uint(0)
		return
	}
	w.uint(uint64(len(b)) + 1)
	w.raw(b)
}

// time keeps the instant to the nanosecond, not its zone.
func (w *writing) time(t time.Time) {
	if t.IsZero() {
		w.uint(0)
		return
	}
	w.uint(uint64(t.Nanosecond()) + 1)
	w.int(t.Unix())
}

// A reading takes a record apart. After the first field that is not there, all fields are zero and err is set.
type reading struct {
	rest []byte
	err  error
}

// open begins to read the record that was found under key. What it returns shares the record's memory.
func open(key, record []byte) (reading, error) {
	end := len(record) - checksumSize
	if end < 1 || binary.BigEndian.Uint32(record[end:]) != checksum(key, record[:end]) {
		return reading{}, fmt.Errorf("read record %q: %w", key, errDamaged)
	}
	if record[0] != recordVersion {
		return reading{}, fmt.Errorf("read record %q: version %d is unknown", key, record[0])
	}
	return reading{rest: record[1:end]}, nil
}

func (r *reading) fail() {
	r.rest, r.err = nil, errDamaged
}

func (r *reading) uint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reading) int() int64 {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reading) raw(size uint64) []byte {
	if uint64(len(r.rest)) < size {
		r.fail()
		return nil
	}
	b := r.rest[:size:size]
	r.rest = r.rest[size:]
	return b
}

func (r *reading) hash() (h store.Hash) {
	copy(h[:], r.raw(uint64(len(h))))
	return h
}

func (r *reading) bool() bool   { return r.uint() == 1 }
func (r *reading) text() string { return string(r.raw(r.uint())) }

func (r *reading) blob() []byte {
	size := r.uint()
	if size == 0 {
		return nil
	}
	return r.raw(size - 1)
}

func (r *reading) time() time.Time {
	nanos := r.uint()
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(r.int(), int64(nanos-1)).UTC()
}

// end reports whether the record under key was read well and to its end.
func (r *reading) end(key []byte) error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = errDamaged
	}
	if r.err != nil {
		return fmt.Errorf("read record %q: %w", key, r.err)
	}
	return nil
}

// sealUint and openUint are records of one number.
func sealUint(key []byte, n uint64) []byte {
	w := newWriting(binary.MaxVarintLen64)
	w.uint(n)
	return w.seal(key)
}

func openUint(key, record []byte) (uint64, error) {
	r, err := open(key, record)
	if err != nil {
		return 0, err
	}
	n := r.uint()
	return n, r.end(key)
}
