package poll

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

func numbered(from, to int) []string {
	var documents []string
	for i := from; i < to; i++ {
		documents = append(documents, fmt.Sprintf(`{"id":%d}`, i))
	}
	return documents
}

// P5.
func TestAPollThatWouldDeleteTooMuchIsHeldOnceSaidAndNothingIsLost(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Guard.MaxDeletes = setting.Amount{Share: 0.2, Count: -1}
		w.up.set(numbered(0, 10)...)
		w.good()
		w.up.set(numbered(3, 11)...)
		for range 3 {
			if w.good().Hold == nil {
				t.Error("the poll is not held")
			}
		}
		w.wants()
		if said := w.health(); fmt.Sprint(said) != "[source.held]" {
			t.Errorf("health events %v, want one", said)
		}
		w.up.set(numbered(0, 11)...)
		w.good()
		w.wants(`shop.created 10 >{"id":10}`)
		memory, _ := w.store.Memory(w.t.Context(), w.Name)
		if memory.Hold != nil {
			t.Error("the hold did not end")
		}
	})
}

// P5, over a restart.
func TestAReleasedSourcePassesItsGuardsOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Guard.MaxDeletes = amount(1)
		w.up.set(numbered(0, 4)...)
		w.good()
		w.up.set(numbered(2, 4)...)
		w.good()
		w.release()
		w.reopen()
		if r := w.good(); r.Hold != nil || r.Deleted != 2 {
			t.Errorf("released poll: %+v", r)
		}
		w.up.set()
		if w.good().Hold == nil {
			t.Error("the release went on for a second poll")
		}
	})
}

func (w *world) release() {
	memory, err := w.store.Memory(w.t.Context(), w.Name)
	if err != nil {
		w.t.Fatal(err)
	}
	memory.Released = true
	if err := w.store.Remember(w.t.Context(), map[string]storeMemory{w.Name: memory}); err != nil {
		w.t.Fatal(err)
	}
}

// P7, and the default guard, which leaves collections under GuardedItems alone.
func TestAListThatTrulyEmptiesSendsEveryDelete(t *testing.T) {
	for _, size := range []int{1, GuardedItems - 1, GuardedItems} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.up.set(numbered(0, size)...)
				w.good()
				w.up.set()
				r := w.good()
				if held := r.Hold != nil; held != (size >= GuardedItems) {
					t.Errorf("held: %v", held)
				}
				if r.Hold != nil {
					w.release()
					w.good()
				}
				if sent := w.sent(); len(sent) != size {
					t.Errorf("%d deletes of %d", len(sent), size)
				}
			})
		})
	}
}

// P14.
func TestAPollThatWouldSendMoreThanMaxEventsIsHeld(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Guard.MaxEvents = 2
		w.up.set()
		w.good()
		w.up.set(numbered(0, 3)...)
		if r := w.good(); r.Hold == nil || r.Hold.Events != 3 {
			t.Errorf("not held: %+v", r)
		}
		w.wants()
		w.up.set(numbered(0, 2)...)
		w.good()
		if sent := w.sent(); len(sent) != 2 {
			t.Errorf("sent %q", sent)
		}
	})
}

// P17.
func TestAWindowNeverDeletesAndKnowsWhatComesBack(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.coverage = bridge.Window
		w.up.set(numbered(0, 3)...)
		w.good()
		w.up.set(numbered(3, 6)...)
		w.good()
		if sent := w.sent(); len(sent) != 3 {
			t.Errorf("sent %q, want 3 created", sent)
		}
		w.up.set(numbered(0, 6)...)
		w.good()
		w.wants()
	})
}

// P17: what is kept of a window is bounded, and what may come back is not forgotten early.
func TestAWindowForgetsOnlyWhatLeftLongAgoAndOnlyBeyondItsShare(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.coverage = bridge.Window
		w.up.set(numbered(0, windowItems+10)...)
		w.good()
		w.up.set(numbered(windowItems+10, windowItems+20)...)
		w.good()
		w.skip(windowAge - time.Hour)
		if r := w.good(); r.Forgotten != 0 {
			t.Errorf("%d forgotten too early", r.Forgotten)
		}
		w.skip(2 * time.Hour)
		if r := w.good(); r.Forgotten != 20 || r.Items != windowItems {
			t.Errorf("%d forgotten, %d kept", r.Forgotten, r.Items)
		}
		w.sent()
	})
}

// P21.
func TestASourceThatFailsThreeTimesSaysSoOnceAndItsRecoveryOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		w.up.fail = errors.New("status 502")
		for range 5 {
			w.poll()
		}
		w.reopen()
		w.poll()
		w.up.fail = nil
		w.good()
		w.good()
		if said := w.health(); fmt.Sprint(said) != "[source.failing source.recovered]" {
			t.Errorf("health events %v", said)
		}
	})
}

// P21, P5: a poll that is held went well all the same, and says so after polls that failed; of a source whose key
// changed nothing was polled.
func TestASourceRecoversWithAPollThatIsHeld(t *testing.T) {
	for name, rekeyed := range map[string]bool{"deletes": false, "key": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.Guard.MaxDeletes = amount(0)
				w.Source = keyed{w.up, "item.id"}
				w.up.set(`{"id":1}`)
				w.good()
				w.up.turn(errors.New("status 502"), 0)
				for range failingAfter {
					w.poll()
				}
				w.up.turn(nil, 0)
				w.up.set()
				want := "[source.failing source.recovered source.held]"
				if rekeyed {
					w.Source, want = keyed{w.up, "item.name"}, "[source.failing source.held]"
				}
				w.good()
				w.good()
				if said := w.health(); fmt.Sprint(said) != want {
					t.Errorf("health events %v, want %s", said, want)
				}
			})
		})
	}
}
