package badger

import (
	"reflect"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// FuzzRecords shows R6 for the store: whatever a record holds whose checksum is right, it is read or refused, and
// what was read is read again as it is written.
func FuzzRecords(f *testing.F) {
	for _, record := range recordSeeds() {
		f.Add(record[1 : len(record)-checksumSize])
	}
	f.Fuzz(func(t *testing.T, fields []byte) {
		key := longKey(kindDelivery, 7)
		record := (&writing{append([]byte{recordVersion}, fields...)}).seal(key)
		readTwice(t, key, record, openDelivery, func(d deliveryRecord) []byte { return d.seal(key) })
		readTwice(t, key, record, openMemory, func(m store.Memory) []byte { return sealMemory(key, m) })
		readTwice(t, key, record, openSnapshot, func(s snapshotRecord) []byte { return s.seal(key) })
		readTwice(t, key, record, openWhole, func(e bridge.Event) []byte { return recordOf(e).seal(key) })
		readTwice(t, key, record, openUint, func(n uint64) []byte { return sealUint(key, n) })
		readTwice(t, key, record, openHeadRow, func(h head) []byte { return h.seal(key) })
		pageKey := slotKey(kindPage, 5, 9)
		record = (&writing{append([]byte{recordVersion}, fields...)}).seal(pageKey)
		read := func(key, record []byte) (page, error) { return openPage(key, record, nil) }
		readTwice(t, pageKey, record, read, func(p page) []byte { return p.seal(pageKey) })
		sheafKey := slotKey(kindSheaf, 5, 9)
		record = (&writing{append([]byte{recordVersion}, s2.Encode(nil, fields)...)}).seal(sheafKey)
		readTwice(t, sheafKey, record, openSheaf, func(s sheaf) []byte { return s.seal(sheafKey) })
		record = (&writing{append([]byte{recordVersion}, fields...)}).seal(sheafKey)
		readTwice(t, sheafKey, record, openSheaf, func(s sheaf) []byte { return s.seal(sheafKey) })
		sinkKey, _ := standingRow(7, store.Standing{})
		record = (&writing{append([]byte{recordVersion}, fields...)}).seal(sinkKey)
		readTwice(t, sinkKey, record, openStanding, func(s store.Standing) []byte { _, again := standingRow(7, s); return again })
		blobKey := longKey(kindOwner, 7)
		record = (&writing{append([]byte{recordVersion}, fields...)}).seal(blobKey)
		readTwice(t, blobKey, record, openOwner, func(o owner) []byte { return o.row(7).value })
	})
}

// openWhole reads an event whose bodies are in its own row.
func openWhole(key, record []byte) (bridge.Event, error) {
	e, rest, err := openEvent(key, record)
	if err == nil && rest.parts > 0 {
		err = errDamaged
	}
	if err == nil {
		err = openTail(key, rest.tail, &e)
	}
	return e, err
}

// readTwice reads a record, and if that goes well, what is written of it: from then on nothing changes any more.
func readTwice[V any](t *testing.T, key, record []byte, open func(key, record []byte) (V, error), seal func(V) []byte) {
	t.Helper()
	value, err := open(key, record)
	if err != nil {
		return
	}
	first, err := open(key, seal(value))
	if err != nil {
		t.Fatalf("%+v was written so that it cannot be read: %v", value, err)
	}
	second, err := open(key, seal(first))
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("%+v was read again as %+v (%v)", first, second, err)
	}
}

func recordSeeds() [][]byte {
	at, hash := time.Unix(1_764_000_000, 5).UTC(), store.Hash{1, 2, 3}
	key := longKey(kindDelivery, 7)
	delivery := deliveryRecord{
		number: 7, state: store.Buried, attempts: 3, due: at, queued: at, order: hash, reason: "status 500",
		log:   []store.Attempt{{Time: at, Duration: time.Second, Status: 500, Class: "status", Error: "status 500", Excerpt: "é"}},
		batch: store.Batch{ID: "evt_1", Size: 2}, wait: time.Hour,
	}
	memory := store.Memory{
		Sequence: 9, Baseline: at, Cursor: []byte("c"), Fingerprint: hash, Items: 3, Polled: at, Failures: 1, Failing: at, Reason: "no",
		Hold: &store.Hold{Since: at, Reason: "40 gone", Deletes: 40, Known: 50}, Identity: hash, Pending: 1, More: true,
	}
	event := bridge.Event{
		ID: "evt_1", Type: "orders.updated", Time: at, Source: "orders", Key: "k", Change: bridge.Updated, Revision: 2,
		Before: []byte(`{"a":1}`), After: []byte(`{"a":2}`), Changed: []string{"/a"}, From: at, To: at, Data: []byte("{}"),
	}
	entry := store.Entry{Key: hash, Raw: hash, Digest: hash, Born: 1, Revision: 2, Absent: 1, Left: 5, Candidate: &store.Candidate{Digest: hash, Polls: 2}}
	_, standing := standingRow(7, store.Standing{Paused: at, Failing: at, Reason: "status 410"})
	return [][]byte{
		delivery.seal(key), sealMemory(key, memory), recordOf(event).seal(key), page{entry}.seal(slotKey(kindPage, 5, 9)), standing,
		snapshotRecord{hash, "k", []byte(`{"a":1}`), 0, 7}.seal(key), sealUint(key, 1<<40), owner{true, 3, largeKey{5, hash}}.row(7).value,
		head{}.seal(key), sheaf{{72, hash, "k", []byte(`{"a":1}`)}, {75, hash, "l", nil}}.seal(key),
	}
}
