package admin

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

// kept is a bridge over real state.
type kept struct {
	*fake
	state *badger.Store
}

func (k *kept) History() store.History { return k.state }

func (k *kept) Replay(ctx context.Context, ids []string, sink string) (int, error) {
	return k.state.Redeliver(ctx, ids, sink, k.order)
}

func (k *kept) order(e bridge.Event) store.Hash {
	return store.OrderKey.Hash(k.state.Seed(), e.Source, e.Key)
}

// newKept records two revisions of each of many items, all of which are dead letters of crm.
func newKept(t *testing.T, items int) (*kept, []string) {
	t.Helper()
	state, err := badger.Open(t.Context(), badger.Options{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &kept{fake: newFake(), state: state}
	var ids []string
	for n := range 2 * items {
		e := updated(n)
		e.Source, e.Key, e.Revision = "issues", updated(n%items).Key, uint64(n/items+1)
		out := store.Append{Event: e, To: []store.Target{{Sink: "crm", Order: k.order(e)}}, Bury: "status 500"}
		if err := state.Commit(t.Context(), store.Commit{Source: e.Source, Append: []store.Append{out}}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	return k, ids
}

// claimed settles everything that is due at a sink, and returns the ids in the order in which they left.
func (k *kept) claimed(t *testing.T, sink string) (ids []string) {
	t.Helper()
	for {
		some, _, err := k.state.Claim(t.Context(), sink, time.Now().Add(time.Minute), 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			return ids
		}
		var settled []store.Settlement
		for _, d := range some {
			ids = append(ids, d.Event.ID)
			settled = append(settled, store.Settlement{Delivery: d, Attempt: &store.Attempt{Time: past}, State: store.Done})
		}
		if err := k.state.Settle(t.Context(), settled); err != nil {
			t.Fatal(err)
		}
	}
}

// D12, over real state.
func TestDeadLettersAndHistoryLeaveAgainInTheOrderOfTheirRevisions(t *testing.T) {
	k, ids := newKept(t, 3)
	w := &world{fake: k.fake}
	c := w.over(t, k)
	if got, err := c.Drop(t.Context(), Pick{ID: ids[0]}); err != nil || got.Done != 1 {
		t.Fatalf("drop: %+v, error %v", got, err)
	}
	got, err := c.Retry(t.Context(), Pick{Source: "issues", Sink: "crm"})
	if diff := cmp.Diff(Count{Matched: 5, Done: 5}, got); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	if diff := cmp.Diff(ids[1:], k.claimed(t, "crm")); diff != "" {
		t.Errorf("retried:\n%s", diff)
	}
	if left, err := c.DeadLetters(t.Context(), Filter{}); err != nil || len(left.DeadLetters) != 0 {
		t.Errorf("left are %+v, error %v", left, err)
	}
	if got, err = c.Replay(t.Context(), Replay{Sink: "new", Source: "issues"}); err != nil || got.Done != 6 {
		t.Fatalf("replay: %+v, error %v", got, err)
	}
	if diff := cmp.Diff(ids, k.claimed(t, "new")); diff != "" {
		t.Errorf("replayed:\n%s", diff)
	}
}

func TestWhatRealStateHoldsFitsTheDocument(t *testing.T) {
	k, ids := newKept(t, 2)
	w := &world{fake: k.fake}
	c := w.over(t, k)
	slices.Reverse(ids)
	events, err := c.Events(t.Context(), Filter{Limit: 3, State: "dead"})
	var listed []string
	for _, e := range events.Events {
		listed = append(listed, e.ID)
	}
	if diff := cmp.Diff(ids[:3], listed); diff != "" || err != nil || !events.More {
		t.Error(err, events.More, diff)
	}
	event, err := c.Event(t.Context(), ids[0])
	if err != nil || event.Revision != 2 || event.Deliveries[0].Reason != "status 500" {
		t.Errorf("got %+v, error %v", event, err)
	}
	if status, err := c.Status(t.Context()); err != nil || status.Queue["crm"].Dead != 4 {
		t.Errorf("got %+v, error %v", status, err)
	}
}
