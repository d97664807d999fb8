package poll

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/hookbridge/hookbridge/bridge"
)

// A journal is a collection that lists what changed since a place in it, each item once and as it is now, or
// everything.
type journal struct {
	now   map[int]int // state by item
	place map[int]int // of each item's last change
	next  int

	fail   error
	hidden int      // an item that is listed only with everything; -1: none
	since  []string // that was asked for
}

func newJournal() *journal { return &journal{now: map[int]int{}, place: map[int]int{}, hidden: -1} }

func (j *journal) set(item, state int) {
	j.next++
	j.now[item], j.place[item] = state, j.next
}

func (j *journal) Poll(_ context.Context, since bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	j.since = append(j.since, string(since))
	outcome := bridge.Outcome{Coverage: bridge.Complete, Cursor: bridge.Cursor(strconv.Itoa(j.next))}
	from, err := strconv.Atoi(string(since))
	if err == nil {
		outcome.Coverage = bridge.Changes
	}
	for item, state := range j.now {
		if outcome.Coverage == bridge.Changes && (j.place[item] <= from || item == j.hidden) {
			continue
		}
		if err := yield(bridge.Item{Key: strconv.Itoa(item), Body: fmt.Appendf(nil, `{"s":%d}`, state)}); err != nil {
			return bridge.Outcome{}, err
		}
	}
	return outcome, j.fail
}

// Restart fulfils [bridge.Restarting].
func (j *journal) Restart(bridge.Cursor) bridge.Cursor { return bridge.Cursor("all") }

func (w *world) journal() *journal {
	j := newJournal()
	w.Source = j
	return j
}

// P18: an update is told in the poll that sees a state for the nth time in a row, and in no other, by a source that
// lists only what changed as well; and what it is asked to list again is no more than that takes.
func TestWhatSettlesInPollsOfChangesIsWhatWouldInFullOnes(t *testing.T) {
	inBubble(t, func(w *world) {
		tries := 0
		rapid.Check(t, func(t *rapid.T) {
			j, settled, seen := w.journal(), map[int]int{}, map[int][2]int{}
			tries++
			w.Name = fmt.Sprint("shop", tries)
			w.Settle = rapid.IntRange(1, 4).Draw(t, "settle")
			for item := range 4 {
				j.set(item, 0)
			}
			w.good()
			for range rapid.IntRange(1, 12).Draw(t, "polls") {
				for range rapid.IntRange(0, 3).Draw(t, "changes") {
					j.set(rapid.IntRange(0, 3).Draw(t, "item"), rapid.IntRange(0, 2).Draw(t, "state"))
				}
				j.fail = nil
				if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
					j.fail = errors.New("status 502")
					w.poll()
					continue
				}
				want := 0
				for item, state := range j.now {
					count := 1
					if seen[item][0] == state {
						count += seen[item][1]
					}
					seen[item] = [2]int{state, count}
					if state != settled[item] && count >= w.Settle {
						settled[item] = state
						want++
					}
				}
				if r := w.good(); r.Updated != want || r.Created+r.Deleted > 0 {
					t.Fatalf("%+v, want %d updates", r, want)
				}
			}
		})
	})
}

// P18: a collection in which something always waits is asked for what is new, not for more with each poll.
func TestACursorThatIsHeldBackFollows(t *testing.T) {
	inBubble(t, func(w *world) {
		j := w.journal()
		w.Settle = 3
		for item := range 20 {
			j.set(item, 0)
		}
		w.good()
		updates := 0
		for n := range 20 {
			j.set(n, 1)
			r := w.good()
			updates += r.Updated
			if r.Coverage != bridge.Changes || r.Seen > 5 {
				t.Fatalf("poll %d: %+v", n, r)
			}
		}
		if updates != 18 {
			t.Errorf("%d updates, and two wait", updates)
		}
		w.good()
		w.reopen()
		w.Source = j
		if r := w.good(); r.Updated != 1 {
			t.Errorf("after a restart: %+v", r)
		}
		w.good()
		if last := j.since[len(j.since)-1]; last != "40" || w.memory().Ahead != nil {
			t.Errorf("when nothing waits any more: since %s, %+v", last, w.memory().Ahead)
		}
	})
}

// P18: a change that the server does not list again is looked for in a full listing.
func TestAChangeThatIsNotListedAgainIsNotLost(t *testing.T) {
	inBubble(t, func(w *world) {
		j := w.journal()
		w.Settle = 2
		j.set(1, 0)
		j.set(2, 0)
		w.good()
		j.set(1, 1)
		w.good()
		j.hidden = 1
		w.good()
		w.good()
		w.wants(`shop.updated 1 {"s":0}>{"s":1} /s`)
		w.good()
		if got := fmt.Sprintf("%q", j.since); got != `["" "2" "2" "all" "3"]` {
			t.Errorf("the cursors were %s", got)
		}
	})
}

// P6, P4: an item that polls of changes do not list is there; one that a full listing misses is looked for in
// another one at once.
func TestOnlyFullListingsConfirmThatAnItemIsGone(t *testing.T) {
	inBubble(t, func(w *world) {
		j := w.journal()
		w.Guard.ConfirmPolls = 2
		for item := range 3 {
			j.set(item, 0)
		}
		w.good()
		delete(j.now, 2)
		w.good()
		w.good()
		if err := w.rebased(j); err != nil {
			t.Fatal(err)
		}
		w.good()
		w.wants()
		w.good()
		w.wants(`shop.deleted 2 {"s":0}>`)
		w.good()
		if got := fmt.Sprintf("%q", j.since); got != `["" "3" "3" "all" "all" "3"]` {
			t.Errorf("the cursors were %s", got)
		}
	})
}

// rebased has the next poll list everything, as a source does of itself now and then.
func (w *world) rebased(j *journal) error {
	memory := w.memory()
	memory.Cursor = j.Restart(nil)
	return w.store.Remember(w.t.Context(), map[string]storeMemory{w.Name: memory})
}

// P12: a tombstone needs no second poll, and takes what waits with it.
func TestWhatIsDeletedWhileItWaitsIsDeletedOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Settle, w.up.coverage = 2, bridge.Changes
		w.up.set(`{"id":1,"n":1}`)
		w.good()
		w.up.set(`{"id":1,"n":2}`)
		w.good()
		w.up.items[0].Deleted = true
		w.good()
		w.wants(`shop.deleted 1 {"id":1,"n":1}>`)
		w.up.set()
		w.good()
		w.wants()
	})
}
