package badger

import (
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A snapshotRecord holds the body, or says which blob does.
type snapshotRecord struct {
	item store.Hash
	key  string
	body []byte
	blob uint64 // 0: the body is here
	size int    // of the blob
}

func (s snapshotRecord) seal(key []byte) []byte {
	w := newWriting(len(s.key) + len(s.body) + 32)
	w.hash(s.item)
	w.text(s.key)
	w.uint(s.blob)
	if s.blob != 0 {
		w.uint(uint64(s.size))
	} else {
		w.blob(s.body)
	}
	return w.seal(key)
}

func openSnapshot(key, record []byte) (s snapshotRecord, err error) {
	r, err := open(key, record)
	if err != nil {
		return s, err
	}
	s.item, s.key, s.blob = r.hash(), r.text(), r.uint()
	if s.blob != 0 {
		s.size = int(r.uint())
	} else {
		s.body = r.blob()
	}
	return s, r.end(key)
}

func sealMemory(key []byte, m store.Memory) []byte {
	w := newWriting(128 + len(m.Cursor) + len(m.Reason))
	w.uint(m.Sequence)
	w.time(m.Baseline)
	w.blob(m.Cursor)
	w.hash(m.Fingerprint)
	w.int(int64(m.Items))
	w.time(m.Polled)
	w.time(m.Changed)
	w.time(m.NotBefore)
	w.int(int64(m.Failures))
	w.time(m.Failing)
	w.text(m.Reason)
	w.hold(m.Hold)
	w.bool(m.Released)
	w.bool(m.Paused)
	w.time(m.Gone)
	w.hash(m.Identity)
	w.int(int64(m.Pending))
	w.bool(m.Rebaseline)
	w.bool(m.Stale)
	w.bool(m.More)
	if m.Ahead != nil { // at the end, since few sources have one
		w.blob(m.Ahead.Cursor)
		w.uint(uint64(m.Ahead.Polls))
	}
	return w.seal(key)
}

func (w *writing) hold(h *store.Hold) {
	w.bool(h != nil)
	if h == nil {
		return
	}
	w.time(h.Since)
	w.text(h.Reason)
	w.int(int64(h.Deletes))
	w.int(int64(h.Events))
	w.int(int64(h.Known))
	w.bool(h.Rebaseline)
}

func openMemory(key, record []byte) (m store.Memory, err error) {
	r, err := open(key, record)
	if err != nil {
		return m, err
	}
	m = r.memory()
	if r.bool() {
		m.Hold = r.hold()
		m.Hold.Rebaseline = r.bool()
	}
	m.Released, m.Paused, m.Gone = r.bool(), r.bool(), r.time()
	m.Identity, m.Pending = r.hash(), int(r.int())
	m.Rebaseline, m.Stale = r.bool(), r.bool()
	if len(r.rest) > 0 { // not in what was written before there were listings in parts
		m.More = r.bool()
	}
	if len(r.rest) > 0 {
		m.Ahead = &store.Ahead{Cursor: cloned(r.blob()), Polls: uint32(r.uint())}
	}
	return m, r.end(key)
}

// memory reads what stands before the hold.
func (r *reading) memory() (m store.Memory) {
	m.Sequence, m.Baseline = r.uint(), r.time()
	m.Cursor = cloned(r.blob())
	m.Fingerprint, m.Items = r.hash(), int(r.int())
	m.Polled, m.Changed, m.NotBefore = r.time(), r.time(), r.time()
	m.Failures, m.Failing, m.Reason = int(r.int()), r.time(), r.text()
	return m
}

func (r *reading) hold() *store.Hold {
	return &store.Hold{
		Since: r.time(), Reason: r.text(), Deletes: int(r.int()), Events: int(r.int()), Known: int(r.int()),
	}
}

// cloned copies b out of memory that belongs to Badger, and keeps nil apart from empty.
func cloned(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
