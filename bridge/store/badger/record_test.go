package badger

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
	"pgregory.net/rapid"
)

// times are instants as records keep them: in UTC, to the nanosecond, or not at all.
func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "zero") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(-1<<33, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

func hashes() *rapid.Generator[store.Hash] {
	return rapid.Custom(func(t *rapid.T) store.Hash {
		return store.Hash(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "hash"))
	})
}

func ints() *rapid.Generator[int] { return rapid.IntRange(0, 1<<40) }

func optionalBytes() *rapid.Generator[[]byte] {
	return rapid.OneOf(rapid.Just[[]byte](nil), rapid.SliceOfN(rapid.Byte(), 0, 40))
}

func sameAfter[V any](t *rapid.T, want, got V, err error) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(want, got) {
		t.Fatalf("got %+v (%v), want %+v", got, err, want)
	}
}

func TestEveryRecordIsReadAsItWasWritten(t *testing.T) {
	t.Run("page", rapid.MakeCheck(func(t *rapid.T) {
		number := rapid.Uint64Max(1<<60).Draw(t, "page")
		p := page{}
		for at := range rapid.Uint64Max(pageItems).Draw(t, "entries") {
			p = append(p, drawEntry(t, number*pageItems+at))
		}
		key := slotKey(kindPage, 5, number)
		got, err := openPage(key, p.seal(key), page{})
		sameAfter(t, p, got, err)
	}))
	t.Run("sheaf", rapid.MakeCheck(func(t *rapid.T) {
		number := rapid.Uint64Max(1<<60).Draw(t, "page")
		var s sheaf
		for at := range rapid.Uint64Max(pageItems).Draw(t, "leaves") {
			s = append(s, leaf{
				number*pageItems + at, hashes().Draw(t, "item"), rapid.String().Draw(t, "key"), optionalBytes().Draw(t, "body"),
			})
		}
		key := slotKey(kindSheaf, 5, number)
		got, err := openSheaf(key, s.seal(key))
		sameAfter(t, s, got, err)
	}))
	t.Run("memory", rapid.MakeCheck(func(t *rapid.T) {
		m := drawMemory(t)
		key := shortKey(kindMemory, 5)
		got, err := openMemory(key, sealMemory(key, m))
		sameAfter(t, m, got, err)
	}))
	t.Run("event", rapid.MakeCheck(func(t *rapid.T) {
		e := drawEvent(t)
		key := longKey(kindEvent, 7)
		got, rest, err := openEvent(key, recordOf(e).seal(key))
		if err == nil {
			err = openTail(key, rest.tail, &got)
		}
		sameAfter(t, e, got, err)
	}))
	t.Run("standing", rapid.MakeCheck(func(t *rapid.T) {
		s := store.Standing{
			Paused: times().Draw(t, "paused"), Disabled: times().Draw(t, "disabled"), Failing: times().Draw(t, "failing"),
			Reason: rapid.String().Draw(t, "reason"),
		}
		key, record := standingRow(7, s)
		got, err := openStanding(key, record)
		sameAfter(t, s, got, err)
	}))
	t.Run("delivery", rapid.MakeCheck(func(t *rapid.T) {
		d := drawDelivery(t)
		key := deliveryKey(d.number, 3)
		got, err := openDelivery(key, d.seal(key))
		sameAfter(t, d, got, err)
	}))
}

func drawMemory(t *rapid.T) store.Memory {
	m := store.Memory{
		Sequence: rapid.Uint64().Draw(t, "sequence"), Baseline: times().Draw(t, "baseline"),
		Cursor: optionalBytes().Draw(t, "cursor"), Fingerprint: hashes().Draw(t, "fingerprint"), Items: ints().Draw(t, "items"),
		Polled: times().Draw(t, "polled"), Changed: times().Draw(t, "changed"), NotBefore: times().Draw(t, "not before"),
		Failures: ints().Draw(t, "failures"), Failing: times().Draw(t, "failing"), Reason: rapid.String().Draw(t, "reason"),
		Released: rapid.Bool().Draw(t, "released"), Paused: rapid.Bool().Draw(t, "paused"), Gone: times().Draw(t, "gone"),
		Identity: hashes().Draw(t, "identity"), Pending: ints().Draw(t, "pending"),
		Rebaseline: rapid.Bool().Draw(t, "rebaseline"), Stale: rapid.Bool().Draw(t, "stale"),
		More: rapid.Bool().Draw(t, "more"),
	}
	if rapid.Bool().Draw(t, "held back") {
		m.Ahead = &store.Ahead{Cursor: optionalBytes().Draw(t, "ahead"), Polls: rapid.Uint32().Draw(t, "polls")}
	}
	if rapid.Bool().Draw(t, "held") {
		m.Hold = &store.Hold{
			Since: times().Draw(t, "since"), Reason: rapid.String().Draw(t, "why"), Deletes: ints().Draw(t, "deletes"),
			Events: ints().Draw(t, "events"), Known: ints().Draw(t, "known"),
			Rebaseline: rapid.Bool().Draw(t, "new baseline"),
		}
	}
	return m
}

func drawEvent(t *rapid.T) bridge.Event {
	text := func(name string) string { return rapid.String().Draw(t, name) }
	return bridge.Event{
		ID: text("id"), Type: text("type"), Time: times().Draw(t, "time"), Source: text("source"), Key: text("key"),
		Change: bridge.Change(rapid.IntRange(0, 3).Draw(t, "change")), Revision: rapid.Uint64().Draw(t, "revision"),
		Snapshot: rapid.Bool().Draw(t, "snapshot"), Before: optionalBytes().Draw(t, "before"), After: optionalBytes().Draw(t, "after"),
		Changed: rapid.OneOf(rapid.Just[[]string](nil), rapid.SliceOfN(rapid.String(), 0, 4)).Draw(t, "changed"),
		From:    times().Draw(t, "from"), To: times().Draw(t, "to"), Data: optionalBytes().Draw(t, "data"),
	}
}

func drawDelivery(t *rapid.T) deliveryRecord {
	d := deliveryRecord{
		number: rapid.Uint64().Draw(t, "number"), state: store.State(rapid.IntRange(0, 3).Draw(t, "state")),
		attempts: ints().Draw(t, "attempts"), due: times().Draw(t, "due"), queued: times().Draw(t, "queued"),
		order: hashes().Draw(t, "order"), reason: rapid.String().Draw(t, "reason"),
	}
	if rapid.Bool().Draw(t, "bound") {
		d.batch = store.Batch{ID: rapid.String().Draw(t, "batch"), Size: rapid.IntRange(1, 1000).Draw(t, "size")}
	}
	if rapid.Bool().Draw(t, "waits") {
		d.wait = time.Duration(rapid.Int64Min(1).Draw(t, "wait"))
	}
	for range rapid.IntRange(0, store.LogLength).Draw(t, "log") {
		d.log = append(d.log, store.Attempt{
			Time: times().Draw(t, "at"), Duration: time.Duration(rapid.Int64().Draw(t, "took")), Status: ints().Draw(t, "status"),
			Class: rapid.String().Draw(t, "class"), Error: rapid.String().Draw(t, "error"), Excerpt: rapid.String().Draw(t, "excerpt"),
		})
	}
	return d
}

// Rows that were written before there was a wait end with the batch, or before it.
func TestADeliveryThatWasWrittenWithoutItsWaitHasNone(t *testing.T) {
	at, key := time.Unix(1_764_000_000, 0).UTC(), deliveryKey(7, 3)
	want := deliveryRecord{number: 7, attempts: 2, due: at.Add(time.Hour), queued: at, order: store.Hash{1}, reason: "status 503"}
	for _, batch := range []store.Batch{{}, {ID: "evt_1", Size: 2}} {
		want.batch = batch
		got, err := openDelivery(key, sealWithoutWait(key, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("opened %+v (%v), want %+v", got, err, want)
		}
	}
}

// sealWithoutWait writes a delivery without attempts as it was written first.
func sealWithoutWait(key []byte, d deliveryRecord) []byte {
	w := newWriting(80)
	w.uint(uint64(d.state))
	w.uint(uint64(d.attempts))
	w.time(d.due)
	w.time(d.queued)
	w.hash(d.order)
	w.text(d.reason)
	w.uint(0)
	if d.batch.Size > 0 {
		w.text(d.batch.ID)
		w.uint(uint64(d.batch.Size))
	}
	return w.seal(key)
}

func TestARecordOfAnotherVersionOrAnotherKeyIsRefused(t *testing.T) {
	key := []byte("k")
	w := newWriting(8)
	w.bytes[0] = 9
	if _, err := open(key, w.seal(key)); err == nil || !strings.Contains(err.Error(), "version 9 is unknown") {
		t.Errorf("another version: %v", err)
	}
	_, err := openUint([]byte("other"), sealUint(key, 5))
	mustFail(t, err, errDamaged)
}

func TestNoBytesMakeReadingPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := deliveryKey(1, 2)
		w := &writing{rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "record")}
		w.bytes = append([]byte{recordVersion}, w.bytes...)
		record := w.seal(key)
		_, _ = openDelivery(key, record)
		_, _ = openMemory(key, record)
		_, _ = openSnapshot(key, record)
		e, rest, err := openEvent(key, record)
		if err == nil {
			_ = openTail(key, rest.tail, &e)
		}
	})
}

func TestPlacesSortAsTheirInstants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := times().Draw(t, "a"), times().Draw(t, "b")
		p, q := placeOf(a, 1), placeOf(b, 1)
		if years := func(x time.Time) bool { return x.Year() > 1700 }; years(a) && years(b) && a.Before(b) != p.before(q) {
			t.Fatalf("%v and %v sort as %v and %v", a, b, p, q)
		}
		if p.before(q) != (slices.Compare(p.key(1), q.key(1)) < 0) {
			t.Fatalf("keys of %v and %v do not sort as the places", p, q)
		}
		if _, back := readyPlace(p.key(1)); back != p {
			t.Fatalf("%v was read back as %v", p, back)
		}
	})
}

func drawEntry(t *rapid.T, slot uint64) store.Entry {
	e := store.Entry{
		Key: hashes().Draw(t, "key"), Raw: hashes().Draw(t, "raw"), Digest: hashes().Draw(t, "digest"), Slot: slot,
		Born: rapid.Uint64().Draw(t, "born"), Revision: rapid.Uint64().Draw(t, "revision"),
		Absent: rapid.Uint32().Draw(t, "absent"), Left: rapid.Int64().Draw(t, "left"),
	}
	if rapid.Bool().Draw(t, "settles") {
		e.Candidate = &store.Candidate{Digest: hashes().Draw(t, "candidate"), Polls: rapid.Uint32().Draw(t, "polls")}
	}
	return e
}
