package admin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// D12: history is sent again with its ids, oldest first, also to a sink that is new.
func TestAReplaySendsHistoryOldestFirstInBoundedBatches(t *testing.T) {
	w := newWorld(t)
	var want []string
	for n := range 2*batch + 10 {
		w.add(updated(n), map[string]store.State{"crm": store.Done})
		want = append(want, fmt.Sprintf("evt_%d", n))
	}
	got, err := w.client.Replay(t.Context(), Replay{Sink: "new", FromSink: "crm"})
	if diff := cmp.Diff(Count{Matched: len(want), Done: len(want)}, got); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	if diff := cmp.Diff(want, slices.Concat(w.batches...)); diff != "" {
		t.Error(diff)
	}
	for _, part := range w.batches {
		if len(part) > batch {
			t.Errorf("a batch has %d ids", len(part))
		}
	}
	if d := w.delivery("evt_5", "new"); d == nil || d.State != store.Pending {
		t.Errorf("the new sink has %+v", d)
	}
}

func TestAReplayPicksByEveryPartOfItsFilter(t *testing.T) {
	w := newWorld(t)
	w.fill()
	for want, replay := range map[string]Replay{
		"evt_2 evt_3": {Since: past.Add(2 * time.Minute)},
		"evt_1":       {Until: past.Add(2 * time.Minute)},
		"evt_1 evt_3": {Source: "issues"},
		"evt_3":       {Key: "3"},
		"evt_2":       {Type: "tickets.updated"},
		" evt_1":      {FromSink: "chat"},
		"evt_3 evt_1": {IDs: []string{"evt_3", "evt_1"}},
	} {
		w.batches, replay.Sink = nil, "crm"
		if _, err := w.client.Replay(t.Context(), replay); err != nil {
			t.Errorf("%+v: %v", replay, err)
		}
		if got := strings.Join(slices.Concat(w.batches...), " "); got != strings.TrimSpace(want) {
			t.Errorf("%+v: got %s, want %s", replay, got, want)
		}
	}
}

func TestAReplayThatSaysTooLittleOrTooMuchIsRefused(t *testing.T) {
	w := newWorld(t)
	w.judge.lax = true
	w.fill()
	for _, replay := range []Replay{
		{},
		{Source: "issues"},
		{Sink: "crm"},
		{Sink: "crm", IDs: []string{"evt_1"}, All: true},
		{Sink: "crm", IDs: make([]string, MaxLimit+1)},
	} {
		if _, err := w.client.Replay(t.Context(), replay); !errors.Is(err, ErrUsage) {
			t.Errorf("sink %q, %d ids: got %v", replay.Sink, len(replay.IDs), err)
		}
	}
	unknown := Replay{Sink: "crm", IDs: []string{"evt_1", "evt_9"}}
	if _, err := w.client.Replay(t.Context(), unknown); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown id: %v", err)
	}
	if len(w.batches) > 0 {
		t.Errorf("something was replayed: %v", w.batches)
	}
}

func TestAReplayThatFailsSaysHowFarItCame(t *testing.T) {
	w := newWorld(t)
	for n := range batch + 1 {
		w.add(updated(n), map[string]store.State{"crm": store.Done})
	}
	w.onReplay = func(string) error {
		if len(w.batches) == 2 {
			return errors.New("disk gone")
		}
		return nil
	}
	_, err := w.client.Replay(t.Context(), Replay{Sink: "crm", All: true})
	if err == nil || !strings.Contains(err.Error(), "500 of 501 events queued: disk gone") {
		t.Errorf("got %v", err)
	}
}

func TestARequestThatPicksTooMuchIsRefused(t *testing.T) {
	w := newWorld(t)
	w.fill()
	w.repeat = pickLimit
	for name, do := range map[string]func() error{
		"replay": func() error { _, err := w.client.Replay(t.Context(), Replay{Sink: "crm", All: true}); return err },
		"drop":   func() error { _, err := w.client.Drop(t.Context(), Pick{All: true}); return err },
	} {
		if err := do(); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "narrow") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if len(w.batches) > 0 || w.delivery("evt_1", "crm").State != store.Buried {
		t.Error("something was changed")
	}
}
