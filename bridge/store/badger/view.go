package badger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// A row is a key with its value; a nil value deletes it.
type row struct{ key, value []byte }

// A view is one consistent state, for reading.
type view struct{ txn *badger.Txn }

// look runs read on the state of now. It fails once the store is closing, and the store does not close
// before read returns.
func (s *Store) look(read func(view) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.readers.Done()
	return s.db.View(func(txn *badger.Txn) error { return read(view{txn}) })
}

// get returns a copy of a row's value, nil where there is none.
func (v view) get(key []byte) ([]byte, error) { return valueOf(v.txn, key) }

func valueOf(txn *badger.Txn, key []byte) ([]byte, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read row %q: %w", key, err)
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("read row %q: %w", key, err)
	}
	return value, nil
}

// A cursor walks over the rows of a prefix, upwards or downwards.
type cursor struct{ *badger.Iterator }

func (v view) walk(prefix []byte) cursor {
	return cursor{v.txn.NewIterator(badger.IteratorOptions{Prefix: prefix})}
}

func (v view) walkDown(prefix []byte) cursor {
	c := cursor{v.txn.NewIterator(badger.IteratorOptions{Prefix: prefix, Reverse: true})}
	c.Seek(append(bytes.Clone(prefix), bytes.Repeat([]byte{0xff}, 16)...))
	return c
}

func (c cursor) valid() bool { return c.Valid() } // within the prefix
func (c cursor) key() []byte { return c.Item().Key() }

// each calls visit with every key of a prefix from a key on, and stops at an error. The key is valid until
// visit returns.
func (v view) each(prefix, from []byte, visit func(key []byte, item *badger.Item) error) error {
	c := v.walk(prefix)
	defer c.Close()
	for c.Seek(from); c.valid(); c.Next() {
		if err := visit(c.key(), c.Item()); err != nil {
			return err
		}
	}
	return nil
}

// eachRecord is each with the values.
func (v view) eachRecord(prefix []byte, visit func(key, record []byte) error) error {
	return v.each(prefix, prefix, func(key []byte, item *badger.Item) error {
		return item.Value(func(record []byte) error { return visit(key, record) })
	})
}
