package poll

import (
	"testing"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// ids drains the outbox and counts the events under each id.
func (w *world) ids(counts map[string]int) {
	w.t.Helper()
	for _, d := range w.taken("crm") {
		if counts[d.Event.ID]++; counts[d.Event.ID] > 1 {
			w.t.Errorf("another event has the id of %s %s, revision %d", d.Event.Type, d.Event.Key, d.Event.Revision)
		}
	}
}

// P1: polls that are cut off between chunks commit a part each; what happens to an item in one of them is not taken
// for what happened to it in another.
func TestAnItemThatComesAndGoesInPollsThatAreCutOffHasAnIDForEachChange(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Guard.MaxDeletes = amount(2 * store.ChunkItems)
		w.up.set()
		w.good()
		ids := map[string]int{}
		for _, listed := range [][]string{
			numbered(0, 2*store.ChunkItems), // of which the first half is committed
			numbered(5000, 5001),            // so that all but one of these go, in the first of two chunks
		} {
			w.up.set(listed...)
			w.watch.commits, w.watch.failAfter = 0, 1
			if w.poll().Err == nil {
				t.Error("the poll was not cut off")
			}
			w.ids(ids)
		}
		w.watch.failAfter = 0
		w.up.set(numbered(0, store.ChunkItems)...)
		w.good()
		w.ids(ids)
		if want := 3*store.ChunkItems - 1; len(ids) < want {
			t.Errorf("%d ids, want %d at least", len(ids), want)
		}
	})
}

// What happens after a source was reset, or forgotten, is not taken for what happened before.
func TestASourceThatIsForgottenGivesNoIDTwice(t *testing.T) {
	inBubble(t, func(w *world) {
		ids := map[string]int{}
		for range 3 {
			w.up.set(`{"id":1}`)
			w.good() // the baseline
			w.up.set(`{"id":1,"n":1}`)
			w.good()
			w.up.set()
			w.good()
			w.up.set(`{"id":1}`)
			w.good()
			w.ids(ids)
			if err := w.store.Forget(w.t.Context(), w.Name); err != nil {
				t.Fatal(err)
			}
		}
		if len(ids) != 9 {
			t.Errorf("%d ids of nine changes", len(ids))
		}
	})
}
