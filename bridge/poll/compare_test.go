package poll

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
)

// P3, P19.
func TestItemsThatComeChangeAndGoAreSentAsCreatedUpdatedAndDeleted(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1,"state":"open"}`, `{"id":2,"state":"open"}`)
		w.good()
		w.wants()
		w.up.set(`{"id":1,"state":"closed"}`, `{"id":3,"state":"open"}`)
		w.good()
		w.wants(
			`shop.updated 1 {"id":1,"state":"open"}>{"id":1,"state":"closed"} /state`,
			`shop.created 3 >{"id":3,"state":"open"}`,
			`shop.deleted 2 {"id":2,"state":"open"}>`,
		)
		w.good()
		w.wants()
	})
}

// The window in which a change happened reaches from the last good poll to this one.
func TestAnEventTellsWhenItsChangeHappened(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		first := w.good()
		w.up.fail = errors.New("status 502")
		w.poll()
		w.up.set(`{"id":1,"n":2}`).fail = nil
		last := w.good()
		e := w.taken("crm")[0].Event
		if !e.From.Equal(first.Started) || e.To.Before(last.Started) || !e.Time.Equal(e.To) {
			t.Errorf("observed from %s to %s, want from %s to about %s", e.From, e.To, first.Started, last.Started)
		}
		if e.Revision != 2 {
			t.Errorf("revision %d, want 2", e.Revision)
		}
	})
}

// P9.
func TestTheFirstGoodPollIsASilentBaseline(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`).fail = errors.New("status 502")
		if w.poll().Err == nil {
			t.Fatal("the poll did not fail")
		}
		w.up.set(`{"id":1}`, `{"id":2}`).fail = nil
		if !w.good().Baseline {
			t.Error("the first good poll is not the baseline")
		}
		w.wants()
		w.up.set(`{"id":1}`, `{"id":2}`, `{"id":3}`)
		w.good()
		w.wants(`shop.created 3 >{"id":3}`)
	})
}

// P9.
func TestWithInitialEmitTheFirstItemsAreSentAsASnapshot(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Emit = true
		w.up.set(`{"id":1}`)
		w.good()
		w.up.set(`{"id":1}`, `{"id":2}`)
		w.good()
		sent := w.taken("crm")
		if len(sent) != 2 || !sent[0].Event.Snapshot || sent[1].Event.Snapshot {
			t.Errorf("want a snapshot of 1, then 2 that is none: %+v", sent)
		}
	})
}

// P4, P8, invariant 2: what a failed poll yielded is neither sent nor kept, and what it did not yield is
// not deleted.
func TestAPollThatFailsSendsAndChangesNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.cursor = "good"
		w.up.set(`{"id":1}`, `{"id":2}`, `{"id":3}`)
		w.good()
		w.up.set(`{"id":1,"changed":true}`).fail = errors.New("fetch page 3: status 502")
		w.up.cursor = "bad"
		report := w.poll()
		if report.Err == nil || !strings.Contains(report.Err.Error(), `poll source "shop": fetch page 3: status 502`) {
			t.Errorf("error %v", report.Err)
		}
		w.wants()
		w.up.set(`{"id":1}`, `{"id":2}`, `{"id":3}`).fail = nil
		w.good()
		w.wants()
		if last := w.up.since[2]; last != "good" {
			t.Errorf("cursor of the failed poll was kept: %q", last)
		}
	})
}

// P12.
func TestAChangeThereAndBackIsTwoUpdatesWithTwoIDs(t *testing.T) {
	inBubble(t, func(w *world) {
		ids := map[string]bool{}
		for _, text := range []string{`{"id":1,"s":"a"}`, `{"id":1,"s":"b"}`, `{"id":1,"s":"a"}`, `{"id":1,"s":"b"}`} {
			w.up.set(text)
			w.good()
		}
		for _, d := range w.taken("crm") {
			ids[d.Event.ID] = true
		}
		if len(ids) != 3 {
			t.Errorf("%d ids for 3 updates", len(ids))
		}
	})
}

// P12: an item that is created again does not repeat the ids of its first life.
func TestDeletedAndSeenAgainIsCreatedWithIDsOfItsOwn(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set()
		w.good()
		ids, types := map[string]bool{}, []string{}
		for _, there := range []bool{true, false, true, false} {
			if w.up.set(); there {
				w.up.set(`{"id":1}`)
			}
			w.good()
			d := w.taken("crm")[0]
			ids[d.Event.ID] = true
			types = append(types, d.Event.Change.String())
		}
		if len(ids) != 4 || fmt.Sprint(types) != "[created deleted created deleted]" {
			t.Errorf("%d ids, %v", len(ids), types)
		}
	})
}

// P13.
func TestTwoItemsWithOneKeyFollowOnDuplicateKey(t *testing.T) {
	const known, first, last = `{"id":1,"v":0}`, `{"id":1,"v":1}`, `{"id":1,"v":2}`
	for policy, want := range map[Duplicates][]string{
		DuplicatesFail:  nil,
		DuplicatesFirst: {`shop.updated 1 {"id":1,"v":0}>{"id":1,"v":1} /v`},
		DuplicatesLast:  {`shop.updated 1 {"id":1,"v":0}>{"id":1,"v":2} /v`},
	} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.Twice = policy
				w.up.set(known)
				w.good()
				w.up.set(first, last)
				report := w.poll()
				if failed := report.Err != nil; failed != (policy == DuplicatesFail) {
					t.Errorf("error %v", report.Err)
				}
				if report.Duplicates != 1 {
					t.Errorf("%d duplicates counted", report.Duplicates)
				}
				w.wants(want...)
			})
		})
	}
}

// P13: a new key that comes twice, and a last one that is as the known one.
func TestTheLastOfTwoItemsWinsWhateverTheFirstWas(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Twice = DuplicatesLast
		w.up.set(`{"id":1,"v":0}`)
		w.good()
		w.up.set(`{"id":1,"v":1}`, `{"id":1,"v":0}`, `{"id":2,"v":1}`, `{"id":2,"v":2}`)
		w.good()
		w.wants(`shop.created 2 >{"id":2,"v":2}`)
		w.good()
		w.wants()
	})
}

// P18.
func TestAChangeThatOnlyTouchesIgnoredFieldsIsStoredAndNotSent(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Rules = document.Rules{Ignore: paths(t, `[item.seen]`)}
		w.up.set(`{"id":1,"seen":1,"n":1}`)
		w.good()
		w.up.set(`{"id":1,"seen":2,"n":1}`)
		w.good()
		w.wants()
		w.up.set(`{"id":1,"seen":3,"n":2}`)
		w.good()
		w.wants(`shop.updated 1 {"id":1,"seen":2,"n":1}>{"id":1,"seen":3,"n":2} /seen,/n`)
	})
}

// P18.
func TestAnotherSpellingOfTheSameDocumentIsNoChange(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1,"n":1.0,"big":12345678901234567890,"s":"é"}`)
		w.good()
		w.up.set(` { "big":12345678901234567890, "s":"\u00e9", "n":1e0, "id":1 } `)
		w.good()
		w.wants()
		w.up.set(`{"id":1,"n":1,"big":12345678901234567891,"s":"é"}`)
		w.good()
		if sent := w.sent(); len(sent) != 1 || !strings.HasSuffix(sent[0], " /big") {
			t.Errorf("sent %q, want the last digit of a large number as the one change", sent)
		}
	})
}

// P10: digests made under other rules are not compared, and nothing is missed that changed meanwhile.
func TestNewCompareRulesSendNothingByThemselves(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.cursor = "etag"
		w.up.set(`{"id":1,"seen":1,"n":1}`, `{"id":2,"seen":1,"n":1}`)
		w.good()
		w.Rules = document.Rules{Ignore: paths(t, `[item.seen]`)}
		w.up.set(`{"id":1,"seen":2,"n":1}`, `{"id":2,"seen":1,"n":2}`)
		w.good()
		w.wants(`shop.updated 2 {"id":2,"seen":1,"n":1}>{"id":2,"seen":1,"n":2} /n`)
		if w.up.since[1] != "etag" {
			t.Error("the cursor was dropped: a source that lists only what changed since then would miss what did")
		}
		w.up.set(`{"id":1,"seen":3,"n":1}`, `{"id":2,"seen":3,"n":2}`)
		w.good()
		w.wants()
	})
}

// P10: also where the server keeps what did not change to itself.
func TestNewCompareRulesHoldForItemsThatAreNotListedAgain(t *testing.T) {
	for _, coverage := range []bridge.Coverage{bridge.Unchanged, bridge.Changes} {
		inBubble(t, func(w *world) {
			w.up.set(`{"id":1,"seen":1,"n":1}`)
			w.good()
			w.Rules = document.Rules{Ignore: paths(t, `[item.seen]`)}
			w.up.items, w.up.coverage = nil, coverage
			w.good()
			w.up.coverage = bridge.Complete
			w.up.set(`{"id":1,"seen":2,"n":1}`)
			w.good()
			w.wants()
			w.up.set(`{"id":1,"seen":2,"n":2}`)
			w.good()
			w.wants(`shop.updated 1 {"id":1,"seen":2,"n":1}>{"id":1,"seen":2,"n":2} /n`)
		})
	}
}

func TestATombstoneDeletesOnlyWhatIsKnown(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.coverage = bridge.Changes
		w.up.set(`{"id":1}`, `{"id":2}`)
		w.good()
		w.up.items = []bridge.Item{{Key: "1", Deleted: true}, {Key: "7", Deleted: true}}
		w.good()
		w.wants(`shop.deleted 1 {"id":1}>`)
		w.up.items = nil
		w.good()
		w.wants()
	})
}

// V4: what the server says is unchanged costs no reading and no writing.
func TestAnUnchangedPollReadsNoIndexAndCommitsNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		w.up.items, w.up.coverage = nil, bridge.Unchanged
		commits := w.watch.commits
		w.good()
		if w.watch.commits != commits {
			t.Error("the poll committed")
		}
		w.up.set(`{"id":1}`).coverage = bridge.Complete
		w.good()
		w.wants()
	})
}
