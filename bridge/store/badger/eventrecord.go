package badger

import (
	"encoding/json"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge"
)

// An eventRecord is an event taken apart: the head is what filters look at, the tail holds the bodies. A
// tail that is too large for one row stands in parts of its own.
type eventRecord struct {
	head  []byte
	tail  []byte
	parts int // 0: the tail is with the head
}

func recordOf(e bridge.Event) eventRecord {
	head, tail := &writing{}, &writing{}
	head.time(e.Time)
	head.text(e.ID)
	head.text(e.Type)
	head.text(e.Source)
	head.text(e.Key)
	head.uint(uint64(e.Change))
	head.uint(e.Revision)
	head.bool(e.Snapshot)
	head.time(e.From)
	head.time(e.To)
	tail.bytes = make([]byte, 0, len(e.Before)+len(e.After)+len(e.Data)+32)
	tail.blob(e.Before)
	tail.blob(e.After)
	tail.blob(e.Data)
	tail.texts(e.Changed)
	return eventRecord{head: head.bytes, tail: tail.bytes}.split()
}

func (r eventRecord) split() eventRecord {
	if len(r.tail) > partSize {
		r.parts = partsOf(len(r.tail))
	}
	return r
}

// seal makes the event's own row.
func (r eventRecord) seal(key []byte) []byte {
	w := newWriting(len(r.head) + len(r.tail) + 16)
	w.blob(r.head)
	w.uint(uint64(r.parts))
	if r.parts == 0 {
		w.raw(r.tail)
	}
	return w.seal(key)
}

// rows are all rows of the event.
func (r eventRecord) rows(number uint64) []row {
	key := longKey(kindEvent, number)
	rows := []row{{key, r.seal(key)}}
	if r.parts > 0 {
		rows = append(rows, partRows(kindTail, number, r.tail)...)
	}
	return rows
}

// openEvent reads an event's own row without copying: the result shares the record's memory.
func openEvent(key, record []byte) (head bridge.Event, rest eventRecord, err error) {
	r, err := open(key, record)
	if err != nil {
		return head, rest, err
	}
	rest.head, rest.parts = r.blob(), int(r.uint())
	rest.tail = r.rest
	if r.err != nil {
		return head, rest, r.end(key)
	}
	head, err = openHead(key, rest.head)
	return head, rest, err
}

func openHead(key, head []byte) (e bridge.Event, err error) {
	r := reading{rest: head}
	e.Time, e.ID, e.Type = r.time(), r.text(), r.text()
	e.Source, e.Key = r.text(), r.text()
	e.Change, e.Revision, e.Snapshot = bridge.Change(r.uint()), r.uint(), r.bool()
	e.From, e.To = r.time(), r.time()
	return e, r.end(key)
}

// openTail adds the bodies, copied.
func openTail(key, tail []byte, e *bridge.Event) error {
	r := reading{rest: tail}
	e.Before = json.RawMessage(cloned(r.blob()))
	e.After = json.RawMessage(cloned(r.blob()))
	e.Data = json.RawMessage(cloned(r.blob()))
	e.Changed = r.texts()
	return r.end(key)
}

func (w *writing) texts(all []string) {
	if all == nil {
		w.uint(0)
		return
	}
	w.uint(uint64(len(all)) + 1)
	for _, text := range all {
		w.text(text)
	}
}

func (r *reading) texts() []string {
	count := r.uint()
	if count == 0 {
		return nil
	}
	all := []string{}
	for range count - 1 {
		if r.err != nil {
			return nil
		}
		all = append(all, r.text())
	}
	return all
}

// readEvent reads an event whole.
func (v view) readEvent(number uint64) (e bridge.Event, err error) {
	key := longKey(kindEvent, number)
	record, err := v.get(key)
	if err != nil {
		return e, err
	}
	e, _, err = v.wholeEvent(key, record)
	return e, err
}

// wholeEvent opens an event's own row, and reads what belongs to it: the bodies, of that size. The row may be missing.
func (v view) wholeEvent(key, record []byte) (e bridge.Event, size int, err error) {
	number := numberIn(key, 1)
	if record == nil {
		return e, 0, fmt.Errorf("read event %d: %w", number, errDamaged)
	}
	e, rest, err := openEvent(key, record)
	if err != nil {
		return e, 0, err
	}
	return v.withTail(key, number, e, rest)
}

// withTail adds the bodies to a head.
func (v view) withTail(key []byte, number uint64, e bridge.Event, rest eventRecord) (bridge.Event, int, error) {
	if rest.parts > 0 {
		tail, err := v.readParts(kindTail, number, rest.parts)
		if err != nil {
			return e, 0, err
		}
		rest.tail = tail
	}
	return e, len(rest.tail), openTail(key, rest.tail, &e)
}
