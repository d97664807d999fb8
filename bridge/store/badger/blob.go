package badger

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// largeKey names the snapshot that a blob belongs to.
type largeKey struct {
	source uint32
	item   store.Hash
}

// An owner is a row o: what a blob belongs to. Until the commit that refers to the blob, and from the one
// that refers to it no more, it belongs to nothing, and is removed at the next start if not before.
type owner struct {
	owned bool
	parts int
	largeKey
}

func (o owner) row(blob uint64) row {
	key := longKey(kindOwner, blob)
	w := newWriting(32)
	w.bool(o.owned)
	w.uint(uint64(o.parts))
	w.uint(uint64(o.source))
	w.hash(o.item)
	return row{key, w.seal(key)}
}

func openOwner(key, record []byte) (o owner, err error) {
	r, err := open(key, record)
	if err != nil {
		return o, err
	}
	o.owned, o.parts = r.bool(), int(r.uint())
	o.source, o.item = uint32(r.uint()), r.hash()
	return o, r.end(key)
}

func partsOf(size int) int { return (size + partSize - 1) / partSize }

// partRows cuts a value into rows.
func partRows(kind byte, number uint64, value []byte) (rows []row) {
	for part := 0; len(value) > 0; part++ {
		size := min(partSize, len(value))
		key := partKey(kind, number, part)
		w := newWriting(size)
		w.raw(value[:size])
		rows = append(rows, row{key, w.seal(key)})
		value = value[size:]
	}
	return rows
}

// readParts is the inverse of partRows.
func (v view) readParts(kind byte, number uint64, parts int) ([]byte, error) {
	var whole bytes.Buffer
	for part := range parts {
		key := partKey(kind, number, part)
		record, err := v.get(key)
		if err != nil {
			return nil, err
		}
		r, err := open(key, record)
		if err != nil {
			return nil, err
		}
		whole.Write(r.rest)
	}
	return whole.Bytes(), nil
}

// writeBlob writes a value in transactions of its own. It returns the blob's number after an error too,
// where there is something to erase.
func (s *Store) writeBlob(ctx context.Context, value []byte) (blob uint64, err error) {
	parts := partsOf(len(value))
	err = s.submit(ctx, func(b *batch) error {
		blob = s.sequence.take(b, 1)
		b.put(owner{parts: parts}.row(blob))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("write blob: %w", err)
	}
	if err := s.writeRows(ctx, partRows(kindBlob, blob, value)); err != nil {
		return blob, fmt.Errorf("write blob: %w", err)
	}
	return blob, nil
}

// writeRows writes rows that nothing refers to yet, in as many transactions as they need.
func (s *Store) writeRows(ctx context.Context, rows []row) error {
	return inChunks(rows, limitsOf(s.db), func(some []row) error {
		return s.submit(ctx, func(b *batch) error {
			b.put(some...)
			return nil
		})
	})
}

// inChunks hands on rows, as many at a time as one transaction takes.
func inChunks(rows []row, limit limits, write func(some []row) error) error {
	for len(rows) > 0 {
		count, size := 0, 0
		for count < len(rows) && count < limit.count {
			if size += sizeOf(rows[count : count+1]); size > limit.size && count > 0 {
				break
			}
			count++
		}
		if err := write(rows[:count]); err != nil {
			return err
		}
		rows = rows[count:]
	}
	return nil
}

// eraseBlobs removes blobs that nothing refers to. What it cannot remove is removed at the next start.
func (s *Store) eraseBlobs(ctx context.Context, blobs []uint64) {
	for _, blob := range blobs {
		if err := s.submit(context.WithoutCancel(ctx), func(b *batch) error { return b.eraseBlob(blob) }); err != nil {
			s.log.Debug("erase blob", "blob", blob, "error", err)
		}
	}
}

func (b *batch) eraseBlob(blob uint64) error {
	key := longKey(kindOwner, blob)
	record, err := b.get(key)
	if err != nil || record == nil {
		return err
	}
	o, err := openOwner(key, record)
	if err != nil || o.owned {
		return err
	}
	for part := range o.parts {
		b.put(row{key: partKey(kindBlob, blob, part)})
	}
	b.put(row{key: key})
	return nil
}

// disown says that nothing refers to a blob after this batch.
func (b *batch) disown(blob uint64) error {
	key := longKey(kindOwner, blob)
	record, err := b.get(key)
	if err != nil || record == nil {
		return err
	}
	o, err := openOwner(key, record)
	o.owned = false
	r := o.row(blob)
	b.set(r.key, r.value)
	return err
}

// restoreLarge reads which snapshots are blobs.
func (s *Store) restoreLarge(v view) error {
	return v.eachRecord([]byte{kindOwner}, func(key, record []byte) error {
		o, err := openOwner(key, record)
		if err != nil {
			return err
		}
		if o.owned {
			s.large[o.largeKey] = numberIn(key, 1)
		} else {
			s.orphans = append(s.orphans, numberIn(key, 1))
		}
		return nil
	})
}
