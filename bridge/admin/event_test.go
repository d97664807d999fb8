package admin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// D11
func TestAnEventIsShownWithItsPayloadAndItsAttempts(t *testing.T) {
	w := newWorld(t)
	w.fill()
	got, err := w.client.Event(t.Context(), "evt_1")
	log := []Attempt{{Time: past, Duration: "12.346ms", Status: 500, Class: "status", Error: "status 500", Excerpt: "oops"}}
	want := Event{
		ID: "evt_1", Type: "issues.updated", Time: past.Add(time.Minute), Source: "issues", Key: "1", Change: "updated",
		Revision: 2, Changed: []string{"/html"}, Payload: envelope.Standard(updated(1)),
		Deliveries: []Delivery{
			{Sink: "chat", State: "delivered", Attempts: 1, Log: log},
			{Sink: "crm", State: "dead", Attempts: 1, Reason: "status 500", Log: log},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if _, err := w.client.Event(t.Context(), "evt_9"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown event: %v", err)
	}
}

func TestAListingOfEventsIsNewestFirstAndSaysWhetherThereAreMore(t *testing.T) {
	w := newWorld(t)
	w.fill()
	for limit, more := range map[int]bool{0: false, 3: false, 2: true} {
		got, err := w.client.Events(t.Context(), Filter{Limit: limit})
		if err != nil || got.More != more || got.Events[0].ID != "evt_3" || limit > 0 && len(got.Events) != limit {
			t.Errorf("limit %d: got %d, more %t, error %v", limit, len(got.Events), got.More, err)
		}
		for _, e := range got.Events {
			if e.Payload != nil || e.Changed != nil || e.Deliveries[0].Log != nil {
				t.Errorf("%s is listed with all its details", e.ID)
			}
		}
	}
}

func TestAFilterReachesTheHistoryWhole(t *testing.T) {
	w := newWorld(t)
	given := Filter{
		Since: past.Add(time.Nanosecond), Until: past.Add(time.Hour), Source: "issues", Key: "a&b=c é", Type: "issues.updated",
		Sink: "crm", State: "dead", Limit: 7,
	}
	if _, err := w.client.Events(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	buried := store.Buried
	want := store.Filter{
		Since: given.Since, Until: given.Until, Source: "issues", Key: "a&b=c é", Type: "issues.updated", Sink: "crm",
		State: &buried, Limit: 8, // one more, to know whether there are more
	}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Error(diff)
	}
}

func TestAWrongParameterIsRefusedWithItsName(t *testing.T) {
	w := newWorld(t)
	w.judge.lax = true
	for query, word := range map[string]string{
		"limit=0": "limit", "limit=1001": "1000", "limit=ten": "limit", "since=yesterday": "since", "until=1": "until",
		"state=deaf": `"dead"`, "sorce=x": `"source"`, "key=a&key=b": "twice",
	} {
		_, err := w.client.ask(t.Context(), "GET", "http://localhost/v1/events?"+query, nil)
		if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", query, err)
		}
	}
	_, err := w.client.ask(t.Context(), "GET", "http://localhost/v1/deadletters?state=dead", nil)
	if !errors.Is(err, ErrUsage) {
		t.Errorf("the state of dead letters: %v", err)
	}
}

// D12: list.
func TestDeadLettersAreListedOneByOneWithTheirLastAttempt(t *testing.T) {
	w := newWorld(t)
	w.fill()
	w.add(updated(4), map[string]store.State{"crm": store.Buried, "chat": store.Buried, "ops": store.Dropped})
	got, err := w.client.DeadLetters(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, l := range got.DeadLetters {
		ids = append(ids, l.ID+" "+l.Sink)
	}
	if diff := cmp.Diff([]string{"evt_4 chat", "evt_4 crm", "evt_2 crm", "evt_1 crm"}, ids); diff != "" || got.More {
		t.Error(got.More, diff)
	}
	last := got.DeadLetters[0].Last
	if last == nil || last.Status != 500 || got.DeadLetters[0].Reason != "status 500" {
		t.Errorf("got %+v", got.DeadLetters[0])
	}
	got, err = w.client.DeadLetters(t.Context(), Filter{Limit: 1, Sink: "crm"})
	if err != nil || !got.More || got.DeadLetters[0].Sink != "crm" {
		t.Errorf("limit 1: got %+v, error %v", got, err)
	}
}

// D12: retry one by one.
func TestOneDeadLetterIsRetried(t *testing.T) {
	w := newWorld(t)
	w.fill()
	got, err := w.client.Retry(t.Context(), Pick{ID: "evt_1", Sink: "crm"})
	if diff := cmp.Diff(Count{Matched: 1, Done: 1}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if w.delivery("evt_1", "crm").State != store.Pending || w.delivery("evt_2", "crm").State != store.Buried {
		t.Error("not just the one is pending")
	}
	for pick, want := range map[Pick]error{
		{ID: "evt_1", Sink: "crm"}:  ErrConflict, // pending by now
		{ID: "evt_1", Sink: "chat"}: ErrConflict, // delivered
		{ID: "evt_3"}:               ErrConflict, // pending
		{ID: "evt_1", Sink: "ops"}:  store.ErrNotFound,
		{ID: "evt_9", Sink: "crm"}:  store.ErrNotFound,
	} {
		if _, err := w.client.Retry(t.Context(), pick); !errors.Is(err, want) {
			t.Errorf("%+v: got %v, want %v", pick, err, want)
		}
	}
}

// D12: retry by filter.
func TestDeadLettersAreRetriedByFilterOldestFirst(t *testing.T) {
	w := newWorld(t)
	w.fill()
	w.add(updated(4), map[string]store.State{"crm": store.Buried, "chat": store.Buried})
	got, err := w.client.Retry(t.Context(), Pick{Source: "tickets"})
	if diff := cmp.Diff(Count{Matched: 3, Done: 3}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if diff := cmp.Diff([][]string{{"evt_4"}, {"evt_2", "evt_4"}}, w.batches); diff != "" {
		t.Error(diff)
	}
	if w.delivery("evt_1", "crm").State != store.Buried {
		t.Error("one of another source was retried")
	}
}

func TestASinkThatIsGoneKeepsNoOtherFromItsRetry(t *testing.T) {
	w := newWorld(t)
	w.add(updated(1), map[string]store.State{"a_gone": store.Buried, "crm": store.Buried})
	w.onReplay = func(sink string) error {
		if sink == "a_gone" {
			return fmt.Errorf("sink %q: %w", sink, store.ErrNotFound)
		}
		return nil
	}
	_, err := w.client.Retry(t.Context(), Pick{All: true})
	if !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), `"a_gone", 0 of 1 done`) {
		t.Errorf("got %v", err)
	}
	if w.delivery("evt_1", "crm").State != store.Pending {
		t.Error("the other sink's was not retried")
	}
}

func TestAHistoryThatCannotBeReadIsAnErrorAndNoShortList(t *testing.T) {
	w := newWorld(t)
	w.fill()
	w.broken = errors.New("read event: checksum mismatch")
	ctx, c := t.Context(), w.client
	for name, ask := range map[string]func() error{
		"events":      func() error { _, err := c.Events(ctx, Filter{}); return err },
		"deadletters": func() error { _, err := c.DeadLetters(ctx, Filter{}); return err },
		"replay":      func() error { _, err := c.Replay(ctx, Replay{Sink: "crm", All: true}); return err },
		"retry":       func() error { _, err := c.Retry(ctx, Pick{All: true}); return err },
	} {
		refused, ok := errors.AsType[*Error](ask())
		if !ok || refused.Status != 500 || !strings.Contains(refused.Message, "checksum mismatch") {
			t.Errorf("%s: got %v", name, refused)
		}
	}
}

func TestAnEventThatIsAboutNoItemHasNoChange(t *testing.T) {
	w := newWorld(t)
	data := []byte(`{"source":"issues"}`)
	w.add(bridge.Event{ID: "evt_h", Type: "source.failing", Time: past, Source: "issues", Data: data}, nil)
	got, err := w.client.Event(t.Context(), "evt_h")
	if err != nil || got.Change != "" || got.Key != "" || len(got.Deliveries) != 0 {
		t.Errorf("got %+v, error %v", got, err)
	}
}

// D12: drop.
func TestDeadLettersAreDroppedAndNothingElseIs(t *testing.T) {
	w := newWorld(t)
	w.fill()
	got, err := w.client.Drop(t.Context(), Pick{All: true})
	if diff := cmp.Diff(Count{Matched: 2, Done: 2}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for sink, want := range map[string]store.State{"crm": store.Dropped, "chat": store.Done} {
		if state := w.delivery("evt_1", sink).State; state != want {
			t.Errorf("%s is %s", sink, state)
		}
	}
	if state := w.delivery("evt_3", "crm").State; state != store.Pending {
		t.Errorf("a pending one is %s", state)
	}
}

func TestAnEmptyFilterOfDeadLettersIsRefused(t *testing.T) {
	w := newWorld(t)
	w.fill()
	for _, pick := range []Pick{{}, {ID: "evt_1", All: true}, {ID: "evt_1", Source: "issues"}} {
		if _, err := w.client.Drop(t.Context(), pick); !errors.Is(err, ErrUsage) {
			t.Errorf("%+v: got %v", pick, err)
		}
	}
	if w.delivery("evt_1", "crm").State != store.Buried {
		t.Error("it was dropped")
	}
}
