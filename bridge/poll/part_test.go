package poll

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// P9: a part of a listing is no baseline; the last one is, and all of them are silent.
func TestABaselineThatIsReadInPartsIsSilentToItsEnd(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.part("page 2", `{"id":1}`)
		if report := w.good(); report.Baseline || !report.More {
			t.Errorf("the first part: %+v", report)
		}
		w.reopen()
		w.up.part("page 3", `{"id":2}`)
		w.good()
		w.up.last(bridge.Changes, "w1", `{"id":3}`)
		if report := w.good(); !report.Baseline || report.More || report.Items != 3 {
			t.Errorf("the last part: %+v", report)
		}
		if got := fmt.Sprintf("%q", w.up.since); got != `["" "page 2" "page 3"]` {
			t.Errorf("polls went on from %s", got)
		}
		w.wants()
		w.up.last(bridge.Changes, "w2", `{"id":4}`)
		w.good()
		w.wants(`shop.created 4 >{"id":4}`)
	})
}

func TestASnapshotThatIsReadInPartsIsSentOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Emit = true
		w.up.part("page 2", `{"id":1}`)
		w.good()
		w.up.last(bridge.Changes, "w1", `{"id":1}`, `{"id":2}`)
		w.good()
		sent := w.taken("crm")
		if len(sent) != 2 || !sent[0].Event.Snapshot || !sent[1].Event.Snapshot {
			t.Errorf("sent %+v", sent)
		}
	})
}

// P4, P6: a part proves no absence, and takes no candidate back.
func TestAPartOfAListingDeletesNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Settle, w.Guard.ConfirmPolls = 2, 2
		w.up.set(`{"id":1,"n":1}`, `{"id":2}`, `{"id":3}`)
		w.good()
		w.up.set(`{"id":1,"n":2}`, `{"id":2}`) // 1 is a candidate, 3 was missed once
		w.good()
		w.up.part("page 2", `{"id":2}`)
		for range 3 {
			w.good()
		}
		w.wants()
		w.up.last(bridge.Complete, "", `{"id":1,"n":2}`, `{"id":2}`)
		w.good()
		w.wants(`shop.updated 1 {"id":1,"n":1}>{"id":1,"n":2} /n`, `shop.deleted 3 {"id":3}>`)
	})
}

// The next part is asked for at once, or as soon as the server lets it, over restarts as well.
func TestAListingInPartsGoesOnAsSoonAsItMay(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Every = 24 * time.Hour
		w.up.part("page 2", `{"id":1}`)
		w.up.wait = 10 * time.Minute
		w.running(func(*Loop) {
			time.Sleep(31 * time.Minute)
			if polls := w.up.count(); polls != 4 {
				t.Errorf("%d polls in half an hour, ten minutes apart", polls)
			}
		}, w.Settings)
		w.skip(time.Hour)
		w.running(func(*Loop) {
			time.Sleep(11 * time.Second)
			if polls := w.up.count(); polls != 5 {
				t.Errorf("%d polls after the restart", polls-4)
			}
			w.up.last(bridge.Changes, "w1", `{"id":2}`)
			time.Sleep(11 * time.Minute)
			if polls := w.up.count(); polls != 6 {
				t.Errorf("%d polls when the listing could end", polls-5)
			}
			time.Sleep(12 * time.Hour)
			if polls := w.up.count(); polls != 6 {
				t.Errorf("%d polls after its end", polls-6)
			}
		}, w.Settings)
	})
}

// A guard holds the rest of a listing: the server is asked for it no more often than for anything else.
func TestAPartThatIsHeldIsAskedForAgainInItsTurn(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Every, w.Emit, w.Guard.MaxEvents = time.Hour, true, 1
		w.up.takes = time.Second
		w.up.part("page 2", `{"id":1}`)
		w.good()
		w.up.part("page 3", `{"id":2}`, `{"id":3}`)
		before := w.up.count()
		for _, over := range []string{"after the first part", "after a restart"} {
			w.running(func(*Loop) {
				time.Sleep(3*time.Hour + time.Minute)
				if polls := w.up.count() - before; polls < 3 || polls > 5 {
					t.Errorf("%d polls within three hours %s", polls, over)
				}
			}, w.Settings)
			before = w.up.count()
		}
		w.up.last(bridge.Changes, "w1", `{"id":2}`)
		if report := w.good(); report.Hold != nil || !report.Baseline {
			t.Errorf("the listing did not end: %+v", report)
		}
	})
}

func TestAPartThatWasReadWhenTheProgramStopsIsKept(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.part("page 2", `{"id":1}`)
		w.good()
		w.up.part("page 3", `{"id":2}`)
		w.up.turn(nil, 10*time.Second)
		ctx, cancel := context.WithCancel(w.t.Context())
		memory, err := w.store.Memory(ctx, w.Name)
		if err != nil {
			t.Fatal(err)
		}
		r := newRun(Options{Store: w.store, Temp: w.path}, &w.Settings, comparerOf(w), memory)
		time.AfterFunc(time.Second, cancel)
		if r.close(ctx, r.do(ctx)); r.cut || r.report.Err != nil {
			t.Fatalf("it was cut off: %v", r.report.Err)
		}
		if kept := w.memory(); string(kept.Cursor) != "page 3" || !kept.More {
			t.Errorf("kept is %+v", kept)
		}
	})
}

func TestANewBaselineBeginsAtTheBeginning(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.last(bridge.Complete, "", `{"id":1}`)
		w.good()
		w.up.part("page 2", `{"id":2}`)
		w.good()
		w.up.last(bridge.Complete, "", `{"id":3}`)
		w.running(func(l *Loop) {
			if err := l.Rebaseline(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
		}, w.Settings)
		if last := w.up.since[len(w.up.since)-1]; last != "" {
			t.Errorf("the new baseline went on from %q", last)
		}
		w.wants(`shop.created 2 >{"id":2}`)
	})
}
