package poll

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/store"
)

func (w *world) memory() store.Memory {
	w.t.Helper()
	memory, err := w.store.Memory(w.t.Context(), w.Name)
	if err != nil {
		w.t.Fatal(err)
	}
	return memory
}

// P18: what did not last is part of one before and after, or of nothing.
func TestAChangeCountsWhenItWasSeenInAsManyPollsAsItTakesToSettle(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Settle = 3
		for _, state := range []string{"a", "b", "b", "c", "c"} {
			w.up.set(fmt.Sprintf(`{"id":1,"s":%q}`, state))
			w.good()
			w.wants()
		}
		w.good()
		w.wants(`shop.updated 1 {"id":1,"s":"a"}>{"id":1,"s":"c"} /s`)
		w.up.set(`{"id":1,"s":"d"}`)
		w.good()
		w.good()
		w.up.set(`{"id":1,"s":"c"}`)
		w.good()
		w.wants()
		w.up.set(`{"id":1,"s":"d"}`)
		w.good()
		w.good()
		w.wants()
		w.good()
		w.wants(`shop.updated 1 {"id":1,"s":"c"}>{"id":1,"s":"d"} /s`)
	})
}

// P18: over restarts, over failures in between, and in whatever spelling the state is seen again.
func TestWhatWaitsToSettleOutlivesRestartsAndFailures(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Settle = 3
		w.up.set(`{"id":1,"n":1}`)
		w.good()
		w.up.set(`{"id":1,"n":2}`)
		w.good()
		w.reopen()
		w.up.fail = errors.New("status 502")
		w.poll()
		w.up.set(`{"n":2.0,"id":1}`).fail = nil
		w.good()
		w.wants()
		w.reopen()
		if r := w.good(); r.Updated != 1 {
			t.Errorf("the third poll: %+v", r)
		}
		w.wants(`shop.updated 1 {"id":1,"n":1}>{"n":2.0,"id":1} /n`)
		w.good()
		w.wants()
	})
}

// P18: a server that calls the list unchanged since the last poll must not keep a change from settling.
func TestWhileSomethingWaitsToSettleTheWholeListIsAskedFor(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Settle, w.up.cursor = 2, "etag"
		w.up.set(`{"id":1,"n":1}`)
		w.good()
		w.up.set(`{"id":1,"n":2}`)
		w.good()
		w.good()
		w.good()
		w.wants(`shop.updated 1 {"id":1,"n":1}>{"id":1,"n":2} /n`)
		if got := fmt.Sprintf("%q", w.up.since); got != `["" "etag" "" "etag"]` {
			t.Errorf("the cursors were %s", got)
		}
		if pending := w.memory().Pending; pending != 0 {
			t.Errorf("%d items still wait", pending)
		}
	})
}

// P18: what comes and what goes does not wait to settle.
func TestWhatComesAndGoesIsToldAtOnceUnderSettle(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Settle = 5
		w.up.set(`{"id":1}`)
		w.good()
		w.up.set(`{"id":2}`)
		w.good()
		w.wants(`shop.created 2 >{"id":2}`, `shop.deleted 1 {"id":1}>`)
	})
}

// P10, P18: new rules while something waits start its count anew, and send nothing by themselves.
func TestNewRulesWhileSomethingWaitsToSettleLoseNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Settle = 2
		w.up.set(`{"id":1,"n":1,"seen":1}`)
		w.good()
		w.up.set(`{"id":1,"n":2,"seen":1}`)
		w.good()
		w.Rules = document.Rules{Ignore: paths(t, `[item.seen]`)}
		w.good()
		w.wants()
		w.up.set(`{"id":1,"n":2,"seen":2}`)
		w.good()
		w.wants(`shop.updated 1 {"id":1,"n":1,"seen":1}>{"id":1,"n":2,"seen":2} /n,/seen`)
	})
}

// P18: an item that was away in between was not seen in a row.
func TestAnItemThatWasAwayStartsToSettleAnew(t *testing.T) {
	for _, coverage := range []bridge.Coverage{bridge.Window, bridge.Complete} {
		t.Run(coverage.String(), func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.Settle, w.up.coverage, w.Guard.ConfirmPolls = 2, coverage, 3
				for _, list := range [][]string{
					{`{"id":1,"n":1}`, `{"id":2}`}, {`{"id":1,"n":2}`, `{"id":2}`}, {`{"id":2}`}, {`{"id":1,"n":2}`, `{"id":2}`},
				} {
					w.up.set(list...)
					w.good()
				}
				w.wants()
				w.good()
				w.wants(`shop.updated 1 {"id":1,"n":1}>{"id":1,"n":2} /n`)
			})
		})
	}
}

// P6.
func TestAnItemIsDeletedWhenAsManyPollsInARowMissedItAsConfirm(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Guard.ConfirmPolls, w.up.cursor = 3, "etag"
		w.up.set(`{"id":1}`, `{"id":2}`)
		w.good()
		w.up.set(`{"id":2}`)
		w.good()
		w.good()
		w.wants()
		w.up.set(`{"id":1}`, `{"id":2}`)
		w.good()
		w.wants()
		w.up.set(`{"id":2}`)
		w.good()
		w.reopen()
		w.good()
		w.up.fail = errors.New("status 502")
		w.poll()
		w.up.fail = nil
		w.wants()
		w.reopen()
		w.good()
		w.wants(`shop.deleted 1 {"id":1}>`)
		w.good()
		w.wants()
		if last := w.up.since[len(w.up.since)-1]; last != "etag" || w.memory().Pending != 0 {
			t.Errorf("afterwards: cursor %q, %d pending", last, w.memory().Pending)
		}
	})
}

// P6, P5: only what is confirmed counts for the guard.
func TestTheGuardCountsConfirmedDeletes(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Guard = Guard{MaxDeletes: amount(2), ConfirmPolls: 2}
		w.up.set(numbered(0, 6)...)
		w.good()
		w.up.set(numbered(3, 6)...)
		if r := w.good(); r.Hold != nil {
			t.Errorf("held too early: %+v", r.Hold)
		}
		if r := w.good(); r.Hold == nil {
			t.Error("three deletes pass a guard of two")
		}
	})
}

// A change that waits is staged beside others in a file as well.
func TestACandidateComesBackFromTheStage(t *testing.T) {
	s := newStage(t.TempDir())
	defer s.close()
	want := store.Entry{Key: store.Hash{1}, Candidate: &store.Candidate{Digest: store.Hash{7}, Polls: 3}}
	for _, c := range []staged{{entry: want, key: "a"}, {change: bridge.Created, key: "b", body: []byte("{}")}} {
		if _, err := s.add(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.spill(); err != nil {
		t.Fatal(err)
	}
	var all []staged
	for c, err := range s.all() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if len(all) != 2 || *all[0].entry.Candidate != *want.Candidate || all[1].entry.Candidate != nil || string(all[1].body) != "{}" {
		t.Errorf("read %+v", all)
	}
}
