package poll

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

type storeMemory = store.Memory

// P1, P2: the machine may die between any two chunks of a large poll. The next poll finds the rest: each
// change is sent once, and the cursor is only kept with the last.
func TestAPollThatIsCutOffBetweenChunksLosesAndDoublesNothing(t *testing.T) {
	const items = 3*store.ChunkItems + 7
	for cutAfter := range 4 {
		t.Run(fmt.Sprint(cutAfter), func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.up.cursor = "first"
				w.up.set(numbered(0, items)...)
				w.good()
				w.up.cursor = "second"
				w.up.set(changed(items)...)
				w.watch.commits, w.watch.failAfter = 0, max(cutAfter, 1)
				if cutAfter > 0 {
					if err := w.poll().Err; !errors.Is(err, errPulled) {
						t.Fatalf("the poll was not cut off: %v", err)
					}
				}
				w.watch.failAfter = 0
				w.reopen()
				w.good()
				if last := w.up.since[len(w.up.since)-1]; last != "first" {
					t.Errorf("went on from cursor %q", last)
				}
				w.wantsOnce(items)
			})
		})
	}
}

func changed(items int) []string {
	documents := numbered(0, items)
	for i, text := range documents {
		documents[i] = strings.Replace(text, "}", `,"changed":true}`, 1)
	}
	return documents
}

func (w *world) wantsOnce(items int) {
	w.t.Helper()
	keys, ids := map[string]int{}, map[string]int{}
	for _, d := range w.taken("crm") {
		keys[d.Event.Key]++
		ids[d.Event.ID]++
	}
	if len(keys) != items || len(ids) != items {
		w.t.Errorf("%d keys and %d ids of %d changes", len(keys), len(ids), items)
	}
	for key, times := range keys {
		if times != 1 {
			w.t.Errorf("key %s was sent %d times", key, times)
		}
	}
}

// An event to many sinks is many rows: chunks are bounded by these too.
func TestAPollThatSendsToManySinksFitsItsCommits(t *testing.T) {
	inBubble(t, func(w *world) {
		for i := range 40 {
			w.To = append(w.To, store.Recipient{Sink: fmt.Sprintf("s%d", i)})
		}
		w.up.set()
		w.good()
		w.up.set(numbered(0, store.ChunkItems)...)
		w.good()
		if sent := len(w.taken("s39")); sent != store.ChunkItems {
			t.Errorf("%d of %d reached the last sink", sent, store.ChunkItems)
		}
	})
}

// A first poll that is cut off is taken again, as silently.
func TestABaselineThatIsCutOffStaysSilent(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(numbered(0, 2*store.ChunkItems)...)
		w.watch.failAfter = 1
		w.poll()
		w.watch.failAfter = 0
		w.up.set(changed(store.ChunkItems)...)
		if r := w.good(); !r.Baseline || r.Items != store.ChunkItems {
			t.Errorf("baseline of %d items: %v", r.Items, r.Baseline)
		}
		w.wants()
	})
}

// The first items are sent once, however the first poll is cut off, and one that went meanwhile is deleted.
func TestASnapshotThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Emit = true
		w.up.set(numbered(0, 2*store.ChunkItems)...)
		w.watch.failAfter = 1
		w.poll()
		w.watch.failAfter = 0
		w.up.set(numbered(1, 2*store.ChunkItems)...)
		if r := w.good(); r.Hold != nil || r.Deleted != 1 || r.Created != store.ChunkItems {
			t.Errorf("the second try: %+v", r)
		}
		ids := map[string]bool{}
		for _, d := range w.taken("crm") {
			if ids[d.Event.ID] {
				t.Errorf("sent twice: %+v", d.Event)
			}
			ids[d.Event.ID] = true
		}
		if len(ids) != 2*store.ChunkItems+1 {
			t.Errorf("%d events for %d items and one that went", len(ids), 2*store.ChunkItems)
		}
	})
}

// D22.
func TestAChangeThatMatchesTwoEventBlocksIsTwoEventsInTheirOrder(t *testing.T) {
	inBubble(t, func(w *world) {
		to := []store.Recipient{{Sink: "crm"}}
		w.Events = []EventRule{
			{Type: "b.closed", When: compiled(t, `change == "updated" && before.s == "open" && after.s == "closed"`), To: to},
			{Type: "a.any", Data: compiled(t, `{ n = after.id, s = after.s }`), To: to},
			{Type: "c.never", When: compiled(t, `changed("/id")`), To: to},
		}
		w.up.set(`{"id":1,"s":"open"}`)
		w.good()
		w.up.set(`{"id":1,"s":"closed"}`)
		w.good()
		sent := w.taken("crm")
		if len(sent) != 2 || sent[0].Event.Type != "b.closed" || sent[1].Event.Type != "a.any" {
			t.Fatalf("sent %+v", sent)
		}
		if sent[0].Event.ID == sent[1].Event.ID {
			t.Error("both have one id")
		}
		if data := string(sent[1].Event.Data); data != `{"n":1,"s":"closed"}` {
			t.Errorf("data %s", data)
		}
	})
}

// D19.
func TestAnExpressionThatFailsIsADeadLetterWithTheDiagnostic(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Events = []EventRule{{Type: "big", When: compiled(t, `after.n > 3`), To: []store.Recipient{{Sink: "crm"}}}}
		w.up.set()
		w.good()
		w.up.set(`{"id":1,"n":"many"}`, `{"id":2,"n":4}`)
		w.good()
		w.wants(`big 2 >{"id":2,"n":4}`)
		buried := store.Buried
		for record, err := range w.store.Events(w.t.Context(), store.Filter{State: &buried}) {
			if err != nil || record.Event.Key != "1" || !strings.Contains(record.Deliveries[0].Reason, `event "big": evaluate test.hcl:1: `) {
				t.Errorf("dead letter %+v, %v", record, err)
			}
			return
		}
		t.Error("there is no dead letter")
	})
}

// O2.
func TestAPlanShowsWhatWouldBeSentAndChangesNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		w.up.set(`{"id":1,"n":2}`, `{"id":2}`)
		before, _ := w.store.Memory(w.t.Context(), w.Name)
		plan, err := Preview(w.t.Context(), Options{Store: w.watch}, w.Settings, nil)
		if err != nil || len(plan.Changes) != 2 || plan.Report.Events != 2 || plan.Silent {
			t.Errorf("plan %+v, %v", plan, err)
		}
		if e := plan.Changes[0].Events[0].Event; plan.Changes[0].Key != "1" || string(e.After) != `{"id":1,"n":2}` {
			t.Errorf("planned %+v", plan.Changes[0])
		}
		w.wants()
		after, _ := w.store.Memory(w.t.Context(), w.Name)
		if !after.Polled.Equal(before.Polled) {
			t.Error("the plan changed what the source remembers")
		}
		time.Sleep(time.Minute)
		w.good()
		if ids := w.taken("crm"); len(ids) != 2 {
			t.Errorf("after the plan %d events were sent", len(ids))
		}
	})
}

// A poll that stages more than fits in memory goes through a file, which leaves nothing behind.
func TestALargePollGoesThroughAFileWithoutAName(t *testing.T) {
	inBubble(t, func(w *world) {
		long := strings.Repeat("x", stageMemory/4)
		w.up.set()
		w.good()
		for i := range 12 {
			w.up.items = append(w.up.items, w.up.one(i, long))
		}
		w.good()
		w.wantsOnce(12)
	})
}
