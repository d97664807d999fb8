package badger

import (
	"fmt"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// putsOf returns new items, with bodies that differ.
func putsOf(from, to byte) (all []store.Put) {
	for n := from; n <= to; n++ {
		all = append(all, putOf(n, bodyOf(100, n)))
	}
	return all
}

// holds fails the test unless a snapshot is known of just these items, with these bodies.
func holds(t *testing.T, s *Store, want map[byte]string) {
	t.Helper()
	got := map[byte]string{}
	for e, err := range s.Entries(t.Context(), "orders") {
		must(t, err)
		found, err := s.Stored(t.Context(), "orders", e)
		must(t, err)
		got[e.Key[0]] = string(found.Body)
	}
	isEqual(t, "items", fmt.Sprint(got), fmt.Sprint(want))
}

func TestItemsThatComeTogetherHaveARowForEachPageThatTheyBegin(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(1, 20)}) // slots 1 to 20, of pages 0 to 2
	isEqual(t, "sheaves", rowsOf(t, s, kindSheaf), 3)
	isEqual(t, "rows of their own", rowsOf(t, s, kindSnapshot), 0)
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(21, 30)}) // to 23 in page 2, which was begun
	isEqual(t, "sheaves", rowsOf(t, s, kindSheaf), 4)
	isEqual(t, "rows of their own", rowsOf(t, s, kindSnapshot), 3)
	want := map[byte]string{}
	for _, p := range putsOf(1, 30) {
		want[p.Entry.Key[0]] = string(p.Body)
	}
	holds(t, s, want)
	must(t, s.Close())
	s = mustOpen(t, path)
	holds(t, s, want)
	must(t, s.Close())
}

func TestAnItemAloneAndLongOnesHaveRowsOfTheirOwn(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(1, 1)})
	isEqual(t, "sheaves", rowsOf(t, s, kindSheaf), 0)
	long, huge, short := putOf(8, bodyOf(largestLeaf, 8)), putOf(9, bodyOf(2*partSize, 9)), putsOf(10, 12)
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(2, 7)}) // which fill the page
	mustCommit(t, s, store.Commit{Source: "orders", Put: append([]store.Put{long, huge}, short...)})
	isEqual(t, "sheaves", rowsOf(t, s, kindSheaf), 1)
	isEqual(t, "rows of their own", rowsOf(t, s, kindSnapshot), 9)
	want := map[byte]string{8: string(long.Body), 9: string(huge.Body)}
	for _, p := range append(putsOf(1, 7), short...) {
		want[p.Entry.Key[0]] = string(p.Body)
	}
	holds(t, s, want)
	must(t, s.Close())
}

func TestAChangeOfOneItemOfASheafWritesItAloneAndADropTakesItAlone(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(1, 5)})
	gone := entryOf(t, s, store.Hash{4})
	mustCommit(t, s, store.Commit{Source: "orders", Put: []store.Put{putOf(2, []byte("changed"))}, Drop: []store.Entry{gone}})
	isEqual(t, "rows of their own", rowsOf(t, s, kindSnapshot), 1)
	want := map[byte]string{1: string(bodyOf(100, 1)), 2: "changed", 3: string(bodyOf(100, 3)), 5: string(bodyOf(100, 5))}
	holds(t, s, want)
	must(t, s.Close())
	s = mustOpen(t, path)
	holds(t, s, want)
	_, err := s.Stored(t.Context(), "orders", gone)
	mustFail(t, err, store.ErrNotFound)
	must(t, s.Close())
}

func TestASheafGoesWithItsPage(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(1, 20)})
	var all []store.Entry
	for n := byte(8); n <= 15; n++ {
		all = append(all, entryOf(t, s, store.Hash{n}))
	}
	mustCommit(t, s, store.Commit{Source: "orders", Drop: all[:5]})
	isEqual(t, "sheaves while some are there", rowsOf(t, s, kindSheaf), 3)
	mustCommit(t, s, store.Commit{Source: "orders", Drop: all[5:]})
	isEqual(t, "sheaves", rowsOf(t, s, kindSheaf), 2)
	must(t, s.Close())
	s = mustOpen(t, path) // slots go on after the last page now
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(31, 40)})
	for _, p := range putsOf(31, 40) {
		found, err := s.Stored(t.Context(), "orders", entryOf(t, s, p.Entry.Key))
		must(t, err)
		isEqual(t, "body", string(found.Body), string(p.Body))
	}
	must(t, s.Forget(t.Context(), "orders"))
	isEqual(t, "rows", rowsOf(t, s, kindSheaf)+rowsOf(t, s, kindPage)+rowsOf(t, s, kindSnapshot), 0)
	must(t, s.Close())
}

func TestAFlippedBitInASheafIsAnError(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustCommit(t, s, store.Commit{Source: "orders", Put: putsOf(1, 7)})
	flipRow(t, s, slotKey(kindSheaf, 1, 0))
	_, err := s.Stored(t.Context(), "orders", entryOf(t, s, store.Hash{3}))
	mustFail(t, err, errDamaged)
	must(t, s.Close())
}
