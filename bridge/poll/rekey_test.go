package poll

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// keyed is an upstream that says by what its items are told apart.
type keyed struct {
	*upstream
	identity string
}

func (k keyed) Identity() string { return k.identity }

// under makes the items' keys those of a new key expression.
func (w *world) under(identity, prefix string, documents ...string) {
	w.up.set(documents...)
	for i := range w.up.items {
		w.up.items[i].Key = prefix + w.up.items[i].Key
	}
	w.Source = keyed{w.up, identity}
}

func (w *world) rebaseline() {
	w.t.Helper()
	memory := w.memory()
	memory.Rebaseline = true
	if err := w.store.Remember(w.t.Context(), map[string]storeMemory{w.Name: memory}); err != nil {
		w.t.Fatal(err)
	}
}

// P10: held and not flooded, until a new baseline is asked for, over restarts; then nothing of it is sent.
func TestASourceWhoseKeyChangedIsHeldUntilItIsRebaselined(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Emit, w.up.cursor = true, "etag" // a new baseline is silent whatever initial says
		w.under("item.id", "", `{"id":1}`, `{"id":2}`)
		w.good()
		w.taken("crm")
		w.under(`"x-${item.id}"`, "x-", `{"id":1}`, `{"id":2}`)
		polls := w.up.count()
		for range 2 {
			if r := w.good(); r.Hold == nil || !r.Hold.Rebaseline || !strings.Contains(r.Hold.Reason, "key") {
				t.Errorf("not held: %+v", r)
			}
			w.reopen()
		}
		w.release() // is no way out of this
		if w.good().Hold == nil || w.up.count() != polls {
			t.Error("a release let it pass, or it was polled while it is held")
		}
		if said := fmt.Sprint(w.health()); said != "[source.held]" {
			t.Errorf("health events %s", said)
		}
		w.rebaseline()
		w.reopen()
		if r := w.good(); !r.Baseline || r.Hold != nil || r.Items != 2 || r.Events != 0 {
			t.Errorf("rebaselined: %+v", r)
		}
		if last := w.up.since[len(w.up.since)-1]; last != "" {
			t.Errorf("the new baseline went on from the cursor %q", last)
		}
		w.wants()
		w.under(`"x-${item.id}"`, "x-", `{"id":2,"n":1}`)
		w.good()
		w.wants(`shop.updated x-2 {"id":2}>{"id":2,"n":1} /n`, `shop.deleted x-1 {"id":1}>`)
	})
}

// P10: under whatever coverage the known keys go, so that none of them is told as deleted later.
func TestANewBaselineUnderANewKeyForgetsTheOldKeys(t *testing.T) {
	for _, coverage := range []bridge.Coverage{bridge.Changes, bridge.Window, bridge.Complete} {
		t.Run(coverage.String(), func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.up.coverage = coverage
				w.under("item.id", "", `{"id":1}`, `{"id":2}`)
				w.good()
				w.under("item.uid", "u", `{"id":1}`, `{"id":2}`)
				w.rebaseline()
				w.good()
				w.up.coverage = bridge.Complete
				w.good()
				w.wants()
				if items := w.memory().Items; items != 2 {
					t.Errorf("%d items known", items)
				}
			})
		})
	}
}

// P10: a key that is put back as it was ends the hold by itself.
func TestAKeyThatIsPutBackEndsTheHold(t *testing.T) {
	inBubble(t, func(w *world) {
		w.under("item.id", "", `{"id":1}`)
		w.good()
		w.under("item.uid", "u", `{"id":1}`)
		w.good()
		w.under("item.id", "", `{"id":1,"n":1}`)
		if r := w.good(); r.Hold != nil || w.memory().Hold != nil {
			t.Errorf("still held: %+v", r)
		}
		w.wants(`shop.updated 1 {"id":1}>{"id":1,"n":1} /n`)
	})
}

// P10: a poll that fails is not the baseline that was asked for.
func TestARebaselineWaitsForAGoodPoll(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		w.up.set(`{"id":2}`)
		w.rebaseline()
		w.up.fail = errPulled
		w.poll()
		w.up.fail = nil
		w.good()
		w.wants()
		w.up.set()
		w.good()
		w.wants(`shop.deleted 2 {"id":2}>`)
	})
}

// A plan of a source whose key changed says so, and asks the API for nothing.
func TestAPlanUnderANewKeyShowsTheHold(t *testing.T) {
	inBubble(t, func(w *world) {
		w.under("item.id", "", `{"id":1}`)
		w.good()
		w.under("item.uid", "u", `{"id":1}`)
		plan, err := Preview(w.t.Context(), Options{Store: w.watch}, w.Settings, nil)
		if err != nil || plan.Report.Hold == nil || len(plan.Changes) > 0 {
			t.Errorf("plan %+v, %v", plan, err)
		}
	})
}

func TestARequestToRebaselineReachesTheNextPoll(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.running(func(l *Loop) {
			time.Sleep(spread)
			if err := l.Rebaseline(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			w.up.set(`{"id":2}`)
			if r, err := l.Poll(w.t.Context(), w.Name, nil); err != nil || !r.Baseline || r.Events != 0 {
				t.Errorf("%+v, %v", r, err)
			}
			w.wants()
		}, w.Settings)
	})
}

func titled(from, to int, id string) []string {
	var documents []string
	for i := from; i < to; i++ {
		documents = append(documents, fmt.Sprintf(`{"id":`+id+`,"title":"title %d","url":"https://x/`+id[1:len(id)-1]+`","state":"open"}`, i, i, i))
	}
	return documents
}

func bare(from, to, number int) []string {
	var documents []string
	for i := from; i < to; i++ {
		documents = append(documents, fmt.Sprintf(`{"id":%d,"title":"title %d","state":"open","at":%d}`, number+i, i, number))
	}
	return documents
}

// P20: the ids have another shape, and what is made of them, and here and there an item truly changed.
func TestKeysThatAllChangeTheirShapeHoldTheSource(t *testing.T) {
	for name, test := range map[string]struct {
		coverage      bridge.Coverage
		before, after []string
		confirm       int
		held          bool
	}{
		"the key alone":               {bridge.Complete, titled(0, 8, `"%d"`), titled(0, 8, `"gid://%d"`), 0, true},
		"in a window":                 {bridge.Window, titled(0, 8, `"%d"`), titled(0, 8, `"gid://%d"`), 0, true},
		"before deletes are sure":     {bridge.Complete, titled(0, 8, `"%d"`), titled(0, 8, `"gid://%d"`), 3, true},
		"most of them":                {bridge.Complete, bare(0, 12, 0), append(bare(0, 4, 0), bare(4, 12, 100)...), 0, true},
		"some new, some gone":         {bridge.Complete, bare(0, 12, 0), bare(3, 20, 100), 0, true},
		"thousands":                   {bridge.Complete, bare(0, 3000, 0), bare(100, 3300, 10000), 0, true},
		"a minority":                  {bridge.Complete, bare(0, 12, 0), append(bare(0, 7, 0), bare(7, 12, 100)...), 0, false},
		"other items altogether":      {bridge.Complete, bare(0, 12, 0), bare(100, 112, 0), 0, false},
		"a window that moved on":      {bridge.Window, bare(0, 12, 0), bare(100, 112, 0), 0, false},
		"thousands of others":         {bridge.Complete, bare(0, 3000, 0), bare(5000, 8000, 0), 0, false},
		"nothing tells items apart":   {bridge.Complete, numbered(0, 12), numbered(20, 32), 0, false},
		"few":                         {bridge.Complete, bare(0, 4, 0), bare(0, 4, 100), 0, false},
		"gone, and nothing came back": {bridge.Complete, bare(0, 12, 0), nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.up.coverage = test.coverage
				w.Guard = Guard{MaxDeletes: amount(1 << 30), ConfirmPolls: test.confirm}
				w.up.set(test.before...)
				w.good()
				w.up.set(test.after...)
				r := w.good()
				if held := r.Hold != nil; held != test.held {
					t.Fatalf("held is %t: %+v", held, r)
				}
				if !test.held {
					return
				}
				w.wants()
				if !strings.Contains(r.Hold.Reason, "rebaseline") || r.Hold.Rebaseline {
					t.Errorf("the hold is %+v", r.Hold)
				}
				w.rebaseline()
				if r := w.good(); r.Hold != nil || r.Events != 0 {
					t.Errorf("rebaselined: %+v", r)
				}
				w.good()
				w.wants()
			})
		})
	}
}

// P20: an operator who knows that the items are others has them told as such.
func TestAReleaseLetsKeysOfANewShapePassAsDeletedAndCreated(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(bare(0, 6, 0)...)
		w.good()
		w.up.set(bare(0, 6, 100)...)
		w.good()
		w.release()
		w.good()
		if sent := w.sent(); len(sent) != 12 {
			t.Errorf("%d events for 6 items", len(sent))
		}
	})
}
