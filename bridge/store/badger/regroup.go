package badger

import (
	"github.com/dgraph-io/badger/v4"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Kinds of rows of schema 2 that schema 3 has no more.
const (
	oldEntry    = 'i'
	oldSnapshot = 's'
	oldDelivery = 'd'
	oldReady    = 'r'
	oldHead     = 'h'
	oldWaiting  = 'w'
)

// Bounds of what one transaction of a migration brings over.
const (
	migratedAtOnce = 500
	migratedBytes  = 256 << 10
)

// regroup brings rows of schema 2 to where schema 3 has them: those of queues beside each other, entries of the
// index in pages, snapshots in slots.
func (s *Store) regroup() error {
	for _, kind := range [][2]byte{
		{oldDelivery, kindDelivery}, {oldReady, kindReady}, {oldHead, kindHead}, {oldWaiting, kindWaiting},
	} {
		if err := s.moveRows(kind[0], kind[1]); err != nil {
			return err
		}
	}
	return s.moveItems()
}

// moveRows gives rows of one kind another.
func (s *Store) moveRows(from, to byte) error {
	return s.migrateRows(from, func(b *batch, rows []row) error {
		for _, r := range rows {
			record, err := open(r.key, r.value)
			if err != nil {
				return err
			}
			key := append([]byte{to}, r.key[1:]...)
			w := newWriting(len(record.rest))
			w.raw(record.rest)
			b.put(row{key, w.seal(key)}, row{key: r.key})
		}
		return nil
	})
}

// moveItems gives each item a slot, in the order of the keys' hashes, in which schema 2 had them.
func (s *Store) moveItems() error {
	return s.migrateRows(oldEntry, func(b *batch, rows []row) error {
		for len(rows) > 0 {
			source, count := sinkIn(rows[0].key, 1), 0
			index := pages{b, source, map[uint64]page{}}
			for ; count < len(rows) && sinkIn(rows[count].key, 1) == source; count++ {
				if err := s.moveItem(b, &index, rows[count]); err != nil {
					return err
				}
			}
			index.write()
			rows = rows[count:]
		}
		return nil
	})
}

func (s *Store) moveItem(b *batch, index *pages, r row) error {
	e, err := openOldEntry(r.key, r.value)
	if err != nil {
		return err
	}
	if e.Slot, err = s.slots.take(index.source); err != nil {
		return err
	}
	if err := index.put(e, false); err != nil {
		return err
	}
	b.put(row{key: r.key})
	return b.moveSnapshot(index.source, e)
}

// moveSnapshot moves the snapshot of an entry, if it has one.
func (b *batch) moveSnapshot(source uint32, e store.Entry) error {
	from := append(shortKey(oldSnapshot, source), e.Key[:]...)
	record, err := b.get(from)
	if err != nil || record == nil {
		return err
	}
	r, err := open(from, record)
	if err != nil {
		return err
	}
	key := slotKey(kindSnapshot, source, e.Slot)
	w := newWriting(len(r.rest) + len(e.Key))
	w.hash(e.Key)
	w.raw(r.rest)
	b.put(row{key, w.seal(key)}, row{key: from})
	return nil
}

// openOldEntry reads an entry of schema 2.
func openOldEntry(key, record []byte) (store.Entry, error) {
	r, err := open(key, record)
	if err != nil {
		return store.Entry{}, err
	}
	e := store.Entry{Raw: r.hash(), Digest: r.hash(), Born: r.uint(), Revision: r.uint()}
	e.Absent, e.Left = uint32(r.uint()), r.int()
	if len(r.rest) > 0 {
		e.Candidate = &store.Candidate{Digest: r.hash(), Polls: uint32(r.uint())}
	}
	copy(e.Key[:], key[5:])
	return e, r.end(key)
}

// migrateRows calls move with all rows of a kind, some at a time, in a transaction for each time.
func (s *Store) migrateRows(kind byte, move func(*batch, []row) error) error {
	for from := []byte{kind}; ; {
		if err := s.space.forMuch(); err != nil {
			return err
		}
		rows, err := s.someRows(kind, from)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := s.commitOne(func(b *batch) error { return move(b, rows) }); err != nil {
			return err
		}
		from = append(rows[len(rows)-1].key, 0)
	}
}

// someRows returns rows of a kind from a key on, as many as one transaction of a migration brings over: with an
// entry goes its snapshot.
func (s *Store) someRows(kind byte, from []byte) (rows []row, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		c := view{txn}.walk([]byte{kind})
		defer c.Close()
		size := 0
		for c.Seek(from); c.valid() && len(rows) < migratedAtOnce && size < migratedBytes; c.Next() {
			value, err := c.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			key := c.Item().KeyCopy(nil)
			rows = append(rows, row{key, value})
			size += len(value)
			if kind == oldEntry {
				size += sizeOfRow(txn, append([]byte{oldSnapshot}, key[1:]...))
			}
		}
		return nil
	})
	return rows, err
}

func sizeOfRow(txn *badger.Txn, key []byte) int {
	item, err := txn.Get(key)
	if err != nil {
		return 0
	}
	return int(item.ValueSize())
}
