package badger

import (
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// maxText bounds each text of an attempt and each reason.
const maxText = 4 << 10

// A deliveryRecord is a row 1.
type deliveryRecord struct {
	number   uint64 // in the key
	state    store.State
	attempts int
	due      time.Time
	queued   time.Time
	order    store.Hash
	reason   string
	log      []store.Attempt
	batch    store.Batch
	wait     time.Duration // from when due was set until then
}

func (d deliveryRecord) ordered() bool { return d.order != store.Hash{} }
func (d deliveryRecord) place() place  { return placeOf(d.due, d.number) }

func (d deliveryRecord) seal(key []byte) []byte {
	w := newWriting(80)
	w.uint(uint64(d.state))
	w.uint(uint64(d.attempts))
	w.time(d.due)
	w.time(d.queued)
	w.hash(d.order)
	w.text(clip(d.reason))
	w.uint(uint64(len(d.log)))
	for _, a := range d.log {
		w.attempt(a)
	}
	if d.batch.Size > 0 || d.wait > 0 { // at the end, so that the many deliveries without one stay small
		w.text(d.batch.ID)
		w.uint(uint64(d.batch.Size))
	}
	if d.wait > 0 {
		w.int(int64(d.wait))
	}
	return w.seal(key)
}

func (w *writing) attempt(a store.Attempt) {
	w.time(a.Time)
	w.int(int64(a.Duration))
	w.int(int64(a.Status))
	w.text(clip(a.Class))
	w.text(clip(a.Error))
	w.text(clip(a.Excerpt))
}

func openDelivery(key, record []byte) (d deliveryRecord, err error) {
	r, err := open(key, record)
	if err != nil {
		return d, err
	}
	d.number = numberIn(key, 1)
	d.state, d.attempts = store.State(r.uint()), int(r.uint())
	d.due, d.queued, d.order, d.reason = r.time(), r.time(), r.hash(), r.text()
	for range min(r.uint(), store.LogLength) {
		d.log = append(d.log, r.attempt())
	}
	if len(r.rest) > 0 {
		d.batch = store.Batch{ID: r.text(), Size: int(r.uint())}
	}
	if len(r.rest) > 0 {
		d.wait = max(0, time.Duration(r.int()))
	}
	if d.state > store.Dropped {
		r.fail()
	}
	return d, r.end(key)
}

func (r *reading) attempt() store.Attempt {
	return store.Attempt{
		Time: r.time(), Duration: time.Duration(r.int()), Status: int(r.int()),
		Class: r.text(), Error: r.text(), Excerpt: r.text(),
	}
}

// stateOf reads only the state of a row 1.
func stateOf(key, record []byte) (store.State, error) {
	r, err := open(key, record)
	if err != nil {
		return 0, err
	}
	return store.State(r.uint()), r.err
}

// note adds an attempt that was made.
func (d *deliveryRecord) note(a store.Attempt) {
	d.attempts++
	d.log = append(d.log, a)
	if over := len(d.log) - store.LogLength; over > 0 {
		d.log = d.log[over:]
	}
}

// delivery is what callers get to see.
func (d deliveryRecord) delivery(sink string, e bridge.Event) store.Delivery {
	return store.Delivery{
		Target: store.Target{Sink: sink, Order: d.order}, Event: e, Number: d.number, State: d.state,
		Attempts: d.attempts, Due: d.due, Reason: d.reason, Batch: d.batch, Log: d.log,
	}
}

// clip cuts a text to its bound, at the start of a character.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "")
}

// A head says which delivery of an order may go, and between which numbers others wait behind it.
type head struct {
	current uint64
	first   uint64 // 0: none waits
	last    uint64
}

func (h head) seal(key []byte) []byte {
	w := newWriting(24)
	w.uint(h.current)
	w.uint(h.first)
	w.uint(h.last)
	return w.seal(key)
}

func openHeadRow(key, record []byte) (h head, err error) {
	r, err := open(key, record)
	if err != nil {
		return h, err
	}
	h = head{current: r.uint(), first: r.uint(), last: r.uint()}
	return h, r.end(key)
}
