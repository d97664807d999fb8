package badger

import (
	"bytes"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// A trail reads rows of one kind of which the next is mostly the one that follows: a step of an iterator costs a
// small part of a search through all tables. The first is searched for all the same, because to make an iterator
// costs more than a single search.
type trail struct {
	view   view
	kind   byte
	asked  bool
	cursor *cursor
}

func (v view) trail(kind byte) trail { return trail{view: v, kind: kind} }

// get returns a copy of a row's value, nil where there is none.
func (t *trail) get(key []byte) ([]byte, error) {
	if !t.asked {
		t.asked = true
		return t.view.get(key)
	}
	item := t.find(key)
	if item == nil {
		return nil, nil
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("read row %q: %w", key, err)
	}
	return value, nil
}

// find moves to a row, by a step where it is the next one. It returns nil where there is none.
func (t *trail) find(key []byte) *badger.Item {
	if t.cursor == nil {
		c := t.view.walk([]byte{t.kind})
		t.cursor = &c
		c.Seek(key)
	} else if t.cursor.valid() && bytes.Compare(t.cursor.key(), key) < 0 {
		t.cursor.Next()
	}
	if !t.stands(key) {
		t.cursor.Seek(key)
	}
	if !t.stands(key) {
		return nil
	}
	return t.cursor.Item()
}

func (t *trail) stands(key []byte) bool { return t.cursor.valid() && bytes.Equal(t.cursor.key(), key) }

// close ends the iterator, if there is one.
func (t *trail) close() {
	if t.cursor != nil {
		t.cursor.Close()
	}
}
