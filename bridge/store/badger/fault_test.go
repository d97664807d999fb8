package badger

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/storetest"
)

// A commit with 16 MiB items and events is written in many transactions. Whichever of them is the last one
// before a kill, the next start finds all of the commit or nothing, and no row that nothing refers to.
func TestAKillBetweenThePartsOfALargeCommitLeavesNothing(t *testing.T) {
	for passing := range 40 {
		path := newPath(t)
		s := mustOpen(t, path)
		must(t, s.Commit(t.Context(), store.Commit{Source: "orders", Put: []store.Put{putOf(1, bodyOf(2<<20, 1))}}))
		isEqual(t, "parts", rowsOf(t, s, kindBlob), 4)
		failAfter(s, passing)
		a := appendOf("e1", "hook", 1)
		a.Event.Before, a.Event.After = bodyOf(2<<20, 1), bodyOf(3<<20, 2)
		c := store.Commit{Source: "orders", Put: []store.Put{putOf(1, bodyOf(3<<20, 2)), putOf(2, []byte("{}"))}, Append: []store.Append{a}}
		c, err := storetest.Seat(t.Context(), s, c)
		must(t, err)
		failed := s.Commit(t.Context(), c) != nil
		must(t, s.Close())
		s = mustOpen(t, path)
		checkLargeCommit(t, s, failed)
		must(t, s.Close())
		if !failed {
			return
		}
	}
	t.Fatal("the commit never came through")
}

func checkLargeCommit(t *testing.T, s *Store, failed bool) {
	t.Helper()
	body, parts, events, tails := bodyOf(2<<20, 1), 4, 0, 0
	if !failed {
		body, parts, events, tails = bodyOf(3<<20, 2), 6, 1, 11
	}
	got, err := s.Stored(t.Context(), "orders", entryOf(t, s, store.Hash{1}))
	must(t, err)
	isEqual(t, "body is whole", bytes.Equal(got.Body, body), true)
	isEqual(t, "parts", rowsOf(t, s, kindBlob), parts)
	isEqual(t, "owners", rowsOf(t, s, kindOwner), 1)
	isEqual(t, "events", rowsOf(t, s, kindEvent), events)
	isEqual(t, "tails", rowsOf(t, s, kindTail), tails)
	isEqual(t, "markers", rowsOf(t, s, kindStaged), 0)
	isEqual(t, "claimed", len(claimAll(t, s)), events)
}

func TestWhatReplacesOrDropsALargeItemRemovesIt(t *testing.T) {
	s := mustOpen(t, newPath(t))
	big := func(seed byte) store.Commit {
		return store.Commit{Source: "orders", Put: []store.Put{putOf(1, bodyOf(1<<20, seed))}}
	}
	for name, c := range map[string]store.Commit{
		"a small body":   {Source: "orders", Put: []store.Put{putOf(1, []byte("{}"))}},
		"a drop":         {Source: "orders", Drop: []store.Entry{{Key: store.Hash{1}}}},
		"both in one":    {Source: "orders", Drop: []store.Entry{{Key: store.Hash{1}}}, Put: []store.Put{putOf(1, []byte("{}"))}},
		"twice the same": {Source: "orders", Put: []store.Put{putOf(1, bodyOf(1<<20, 7)), putOf(1, []byte("{}"))}},
	} {
		mustCommit(t, s, big(1))
		mustCommit(t, s, big(2))
		isEqual(t, name+": parts before", rowsOf(t, s, kindBlob), 2)
		mustCommit(t, s, c)
		isEqual(t, name+": parts after", rowsOf(t, s, kindBlob), 0)
		isEqual(t, name+": owners after", rowsOf(t, s, kindOwner), 0)
	}
	mustCommit(t, s, big(1))
	must(t, s.Forget(t.Context(), "orders"))
	isEqual(t, "parts after forgetting", rowsOf(t, s, kindBlob), 0)
	must(t, s.Close())
}

func TestStagedEventsAreNotSeenBeforeTheirCommit(t *testing.T) {
	s := mustOpen(t, newPath(t))
	a := appendOf("e1", "hook", 1)
	a.Event.After = bodyOf(2<<20, 1)
	d := &draft{Commit: store.Commit{Source: "orders", Append: []store.Append{a}}, events: []eventRecord{recordOf(a.Event)}}
	must(t, s.stage(t.Context(), d))
	isEqual(t, "rows", rowsOf(t, s, kindEvent), 1)
	for r, err := range s.Events(t.Context(), store.Filter{}) {
		must(t, err)
		t.Errorf("event %s is seen", r.Event.ID)
	}
	_, err := s.Event(t.Context(), "e1")
	mustFail(t, err, store.ErrNotFound)
	removed, err := s.Sweep(t.Context(), time.Now().Add(time.Hour))
	must(t, err)
	isEqual(t, "swept", removed, 0)
	must(t, s.Close())
}

func TestForgettingGoesOnAfterAKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		s := mustOpen(t, path)
		for n := range 5 {
			must(t, s.Commit(t.Context(), store.Commit{Source: "orders", Put: []store.Put{putOf(byte(n), []byte("{}"))}}))
		}
		failAfter(s, 1)
		mustFail(t, s.Forget(t.Context(), "orders"), errInjected)
		isEqual(t, "rows left", rowsOf(t, s, kindSnapshot), 5)
		must(t, s.Close())
		s = mustOpen(t, path)
		must(t, s.Commit(t.Context(), store.Commit{Source: "orders", Put: []store.Put{putOf(9, []byte("{}"))}}))
		synctest.Wait()
		isEqual(t, "markers", rowsOf(t, s, kindForgotten), 0)
		isEqual(t, "rows of the new source alone", rowsOf(t, s, kindPage)+rowsOf(t, s, kindSnapshot), 2)
		must(t, s.Close())
	})
}

func TestALargeCommitThatFailsLeavesNothing(t *testing.T) {
	s := mustOpen(t, newPath(t))
	commitEvents(t, s, 0, "e0")
	a := appendOf("e1", "hook", 1)
	a.Event.After = bodyOf(2<<20, 2)
	passing := 6
	s.commit = func(b *batch) error {
		if passing--; passing == 0 {
			return errInjected
		}
		return b.commit()
	}
	c := store.Commit{Source: "orders", Put: []store.Put{putOf(1, bodyOf(1<<20, 2))}, Append: []store.Append{a}}
	mustFail(t, s.Commit(t.Context(), c), errInjected)
	for kind, want := range map[byte]int{kindBlob: 0, kindOwner: 0, kindTail: 0, kindStaged: 0, kindEvent: 1} {
		isEqual(t, fmt.Sprintf("rows %c", kind), rowsOf(t, s, kind), want)
	}
	must(t, s.Commit(t.Context(), c))
	isEqual(t, "claimed", len(claimAll(t, s)), 2)
	must(t, s.Close())
}

func TestAClaimTakesNoMoreThanItsShareOfMemory(t *testing.T) {
	s := mustOpen(t, newPath(t))
	for n := range 5 {
		a := appendOf(fmt.Sprint(n), "hook", 0)
		a.Event.After = bodyOf(maxClaimBytes/2, byte(n))
		must(t, s.Commit(t.Context(), store.Commit{Source: "orders", Append: []store.Append{a}}))
	}
	for _, want := range []int{2, 2, 1} {
		isEqual(t, "claimed", len(claimAll(t, s)), want)
	}
	must(t, s.Close())
}

// Before its versions 4.9.3 and 4.9.4 Badger could bring deleted rows back.
func TestARevivedRowOfASettledDeliveryIsNotDeliveredAgain(t *testing.T) {
	s := mustOpen(t, newPath(t))
	commitEvents(t, s, 0, "done", "later")
	claimed := claimAll(t, s)
	var revived []row
	for _, d := range claimed {
		key := placeOf(d.Due, d.Number).key(s.outbox.queue("hook").id.Load())
		w := newWriting(16)
		w.hash(d.Order)
		revived = append(revived, row{key, w.seal(key)})
	}
	settleAs(t, s, store.Done, claimed[0])
	must(t, s.Settle(t.Context(), []store.Settlement{{Delivery: claimed[1], Due: time.Now().Add(2 * time.Hour)}}))
	raw(t, s, revived...)
	s.outbox.queue("hook").from = place{}
	isEqual(t, "claimed", len(claimAll(t, s)), 0)
	isEqual(t, "ready rows", rowsOf(t, s, kindReady), 1)
	must(t, s.Close())
}

// D6
func TestAnEventThatCannotBeReadIsBuriedAndBlocksNothing(t *testing.T) {
	for _, kind := range []byte{kindEvent, kindDelivery} {
		s := mustOpen(t, newPath(t))
		commitEvents(t, s, 1, "poison", "next")
		number := s.sequence.next - 2
		key := longKey(kindEvent, number)
		if kind == kindDelivery {
			key = deliveryKey(number, s.outbox.queue("hook").id.Load())
		}
		raw(t, s, row{key, []byte("damaged")})
		isEqual(t, "claimed", len(claimAll(t, s)), 0)
		claimed := claimAll(t, s)
		isEqual(t, "claimed next", len(claimed), 1)
		isEqual(t, "id", claimed[0].Event.ID, "next")
		counts, err := s.Queue(t.Context())
		must(t, err)
		isEqual(t, "dead", counts["hook"].Dead, 1)
		must(t, s.Close())
	}
}

func TestAFlippedBitIsAnErrorAndNotAnotherValue(t *testing.T) {
	s := mustOpen(t, newPath(t))
	must(t, s.Commit(t.Context(), store.Commit{Source: "orders", Put: []store.Put{putOf(1, []byte(`{"price":10}`))}}))
	item := entryOf(t, s, store.Hash{1})
	for kind, number := range map[byte]uint64{kindPage: pageOf(item.Slot), kindSnapshot: item.Slot} {
		flipRow(t, s, slotKey(kind, 1, number))
	}
	_, err := s.Stored(t.Context(), "orders", item)
	mustFail(t, err, errDamaged)
	for _, err := range s.Entries(t.Context(), "orders") {
		mustFail(t, err, errDamaged)
	}
	must(t, s.Close())
}

func TestNumbersAreNotGivenAgainAfterASweepAndARestart(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	commitEvents(t, s, 0, "e1")
	d := claimAll(t, s)
	settleAs(t, s, store.Done, d...)
	_, err := s.Sweep(t.Context(), time.Now().Add(time.Hour))
	must(t, err)
	must(t, s.Close())
	s = mustOpen(t, path)
	commitEvents(t, s, 0, "e2")
	if next := claimAll(t, s)[0].Number; next <= d[0].Number {
		t.Errorf("number %d after %d", next, d[0].Number)
	}
	must(t, s.Close())
}

func TestACommitOfTooManyRowsIsRefusedWholeAndHarmsNoOther(t *testing.T) {
	s := mustOpen(t, newPath(t))
	c := store.Commit{Source: "orders"}
	for i := range 8000 {
		c.Append = append(c.Append, appendOf(fmt.Sprint(i), "hook", byte(i)))
	}
	mustFail(t, s.Commit(t.Context(), c), errTooLarge)
	isEqual(t, "events", rowsOf(t, s, kindEvent), 0)
	commitEvents(t, s, 0, "e1")
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	must(t, s.Close())
}

func TestAClaimBeginsWhereTheLastOneEnded(t *testing.T) {
	s := mustOpen(t, newPath(t))
	q := s.outbox.queue("hook")
	for round := range 5 {
		commitEvents(t, s, byte(round+1), "a1", "a2", "a3")
		for range 3 {
			claimed := claimAll(t, s)
			isEqual(t, "claimed", len(claimed), 1)
			at := placeOf(claimed[0].Due, claimed[0].Number)
			settleAs(t, s, store.Done, claimed...)
			if q.from.before(at) {
				t.Fatalf("the next claim begins at %v, before %v that is gone", q.from, at)
			}
		}
	}
	must(t, s.Close())
}
