package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// fill records three events, the first two with a dead letter to crm.
func (w *world) fill() {
	w.add(updated(1), map[string]store.State{"crm": store.Buried, "chat": store.Done})
	w.add(updated(2), map[string]store.State{"crm": store.Buried})
	w.add(updated(3), map[string]store.State{"crm": store.Pending})
	w.onPlan = func(source string, trace func(bridge.Exchange)) (poll.Plan, error) {
		trace(bridge.Exchange{Page: 1, Method: "GET", URL: "https://api.example.com/x", Status: 200, Duration: 1234567, Size: 99})
		return poll.Plan{
			Report: poll.Report{Source: source, Started: past, Coverage: bridge.Complete, Updated: 1},
			Changes: []poll.Planned{{
				Change: bridge.Updated, Key: "1",
				Events: []store.Append{{Event: updated(1), To: []store.Target{{Sink: "crm"}}}},
			}},
		}, nil
	}
}

// updated is the nth event: of tickets where n is even, else of issues, one a minute.
func updated(n int) bridge.Event {
	source := "issues"
	if n%2 == 0 {
		source = "tickets"
	}
	return bridge.Event{
		ID: fmt.Sprintf("evt_%d", n), Type: source + ".updated", Time: past.Add(time.Duration(n) * time.Minute),
		Source: source, Key: fmt.Sprint(n), Change: bridge.Updated, Revision: 2, Changed: []string{"/html"},
		Before: json.RawMessage(`{"html":"<a>"}`), After: json.RawMessage(`{"html":"<b>&é"}`),
	}
}

func TestStatusCountsSourcesByStateAndShowsTheQueue(t *testing.T) {
	w := newWorld(t)
	w.ready = errors.New("starting")
	got, err := w.client.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(got.Started); age < 0 || age > time.Minute {
		t.Errorf("started %s ago", age)
	}
	got.Started = time.Time{}
	want := Status{
		Version: "1.2.3", Reason: "starting", Sources: Counts{Total: 2, OK: 1, Held: 1, Polling: 1},
		Queue: map[string]Queue{"crm": {Pending: 4, Dead: 2, Oldest: past}, "old": {Dead: 1}, "older": {}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASourceIsShownWithItsHoldAndItsFailures(t *testing.T) {
	w := newWorld(t)
	got, err := w.client.Source(t.Context(), "tickets")
	want := Source{
		Name: "tickets", Kind: "http", State: StateHeld, Every: "1h", Polling: true, Failures: 2, FailingSince: past,
		Reason: "status 502", Hold: &Hold{Since: past, Reason: "40 of 50 items are gone", Deletes: 40, Known: 50},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestTheStateOfASourceIsWhatAnOperatorMustKnowFirst(t *testing.T) {
	for want, m := range map[string]store.Memory{
		StatePaused:  {Paused: true, Hold: &store.Hold{}, Failures: 1},
		StateHeld:    {Hold: &store.Hold{}, Failures: 1, Polled: past},
		StateFailing: {Failures: 1, Polled: past},
		StateNew:     {},
		StateOK:      {Polled: past},
	} {
		if got := stateOf(m); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAnInstantIsWrittenInUTC(t *testing.T) {
	w := newWorld(t)
	w.statuses[0].Due = past.In(time.FixedZone("there", 3600))
	text, err := w.client.ask(t.Context(), http.MethodGet, target(nil, []string{"v1", "sources"}), nil)
	if err != nil || !strings.Contains(string(text), `"due":"2026-11-23T08:43:24Z"`) {
		t.Errorf("got %s, error %v", text, err)
	}
}

func TestAPollThatFailedIsAReportAndNoError(t *testing.T) {
	w := newWorld(t)
	w.onPoll = func(_ context.Context, source string) (poll.Report, error) {
		return poll.Report{Source: source, Err: errors.New("fetch page 3: status 502 \xff")}, nil
	}
	got, err := w.client.Poll(t.Context(), "issues")
	if err != nil || got.Error != "fetch page 3: status 502 \uFFFD" || got.Coverage != "" {
		t.Errorf("got %+v, error %v", got, err)
	}
}

// O2: what would be sent is shown as the receiver would get it.
func TestAPlanShowsThePayloadsThatWouldLeave(t *testing.T) {
	w := newWorld(t)
	w.fill()
	got, err := w.client.Plan(t.Context(), "issues")
	if err != nil {
		t.Fatal(err)
	}
	want := []PlannedChange{{Change: "updated", Key: "1", Events: []PlannedEvent{{
		ID: "evt_1", Type: "issues.updated", Sinks: []string{"crm"}, Payload: envelope.Standard(updated(1)),
	}}}}
	if diff := cmp.Diff(want, got.Changes); diff != "" {
		t.Error(diff)
	}
	exchange := Exchange{Page: 1, Method: "GET", URL: "https://api.example.com/x", Status: 200, Duration: "1.235ms", Size: 99}
	if diff := cmp.Diff([]Exchange{exchange}, got.Exchanges); diff != "" || got.Omitted != 0 {
		t.Error(diff, got.Omitted)
	}
}

func TestAPlanWhosePollFailsTellsTheErrorAndTheRequestsAtBothEnds(t *testing.T) {
	w := newWorld(t)
	w.onPlan = func(source string, trace func(bridge.Exchange)) (poll.Plan, error) {
		for page := range 2001 {
			trace(bridge.Exchange{Page: page + 1, Method: "GET", URL: "https://api.example.com", Note: "kept"})
		}
		return poll.Plan{Report: poll.Report{Source: source, Created: 3}}, errors.New("fetch page 2001: status 502")
	}
	got, err := w.client.Plan(t.Context(), "issues")
	if err != nil || got.Report.Error != "fetch page 2001: status 502" || len(got.Changes) != 0 || got.Omitted != 0 {
		t.Fatalf("got %q with %d changes, error %v", got.Report.Error, len(got.Changes), err)
	}
	var pages []int
	for _, x := range got.Exchanges {
		pages = append(pages, x.Page)
	}
	if len(pages) != 1000 || pages[0] != 1 || pages[99] != 100 || pages[100] != 1102 || pages[999] != 2001 {
		t.Errorf("of the requests were told %d: %d", len(pages), pages)
	}
	if note := got.Exchanges[100].Note; note != "1001 requests before this one are left out; kept" {
		t.Errorf("the first one after the gap says %q", note)
	}
}

// H9: the requests of a poll are told to who asks for them.
func TestAPollTellsItsRequestsWhereThatIsAskedFor(t *testing.T) {
	w := newWorld(t)
	plain, err := w.client.Poll(t.Context(), "issues")
	if err != nil || plain.Exchanges != nil {
		t.Errorf("got %+v, error %v", plain.Exchanges, err)
	}
	traced, err := w.client.PollTraced(t.Context(), "issues")
	want := []Exchange{{Page: 1, For: "oauth2", Method: "POST", URL: "https://auth.example.com", Limits: "some", Status: 200, Duration: "0s"}}
	if diff := cmp.Diff(want, traced.Exchanges); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestAPlanLeavesOutPayloadsBeyondItsBoundAndCountsWhatItDoesNotList(t *testing.T) {
	w := newWorld(t)
	large := updated(1)
	large.After = json.RawMessage(`"` + strings.Repeat("x", planPayloads/2) + `"`)
	change := poll.Planned{Change: bridge.Updated, Events: []store.Append{{Event: large}, {Event: large}, {Event: updated(2)}}}
	w.onPlan = func(source string, _ func(bridge.Exchange)) (poll.Plan, error) {
		return poll.Plan{Report: poll.Report{Source: source, Updated: 5}, Changes: []poll.Planned{change}}, nil
	}
	got, err := w.client.Plan(t.Context(), "issues")
	if err != nil {
		t.Fatal(err)
	}
	events := got.Changes[0].Events
	if events[0].Large || !events[1].Large || len(events[1].Payload) > 0 || events[2].Large || got.Omitted != 4 {
		t.Errorf("large: %t %t %t, omitted %d", events[0].Large, events[1].Large, events[2].Large, got.Omitted)
	}
}

// P5: an operator's release reaches the source that is held, and answers with what became of it.
func TestOnlyAHeldSourceIsReleased(t *testing.T) {
	w := newWorld(t)
	if _, err := w.client.Release(t.Context(), "issues"); !errors.Is(err, ErrConflict) {
		t.Errorf("a source that is not held: %v", err)
	}
	if _, err := w.client.Release(t.Context(), "nothing"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown source: %v", err)
	}
	if got, err := w.client.Release(t.Context(), "tickets"); err != nil || got.Name != "tickets" {
		t.Errorf("a held source: %+v, error %v", got, err)
	}
	if diff := cmp.Diff([]string{"release tickets"}, w.did); diff != "" {
		t.Error(diff)
	}
}

// P10: a source whose key changed is not let pass by a release.
func TestAHoldThatTakesANewBaselineIsNotReleased(t *testing.T) {
	w := newWorld(t)
	w.statuses[1].Memory.Hold.Rebaseline = true
	if _, err := w.client.Release(t.Context(), "tickets"); !errors.Is(err, ErrConflict) {
		t.Errorf("released: %v", err)
	}
	if got, err := w.client.Rebaseline(t.Context(), "tickets"); err != nil || !got.Hold.Rebaseline {
		t.Errorf("got %+v, error %v", got, err)
	}
	if diff := cmp.Diff([]string{"rebaseline tickets"}, w.did); diff != "" {
		t.Error(diff)
	}
}

func TestACronSourceShowsItsExpressionAsItsInterval(t *testing.T) {
	w := newWorld(t)
	w.statuses[0].Cron = "0 3 * * * (UTC)"
	if got, err := w.client.Source(t.Context(), "issues"); err != nil || got.Every != "0 3 * * * (UTC)" {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestWhatIsDoneToASourceIsAnsweredWithTheSourceAfterwards(t *testing.T) {
	w := newWorld(t)
	if got, err := w.client.Pause(t.Context(), "issues"); err != nil || got.State != StatePaused || !got.Paused {
		t.Errorf("got %+v, error %v", got, err)
	}
	_, _ = w.client.Resume(t.Context(), "issues")
	_, _ = w.client.Reset(t.Context(), "issues")
	if diff := cmp.Diff([]string{"pause issues", "resume issues", "reset issues"}, w.did); diff != "" {
		t.Error(diff)
	}
}

func TestASinkThatIsGoneIsListedWhileItHasAQueue(t *testing.T) {
	got, err := newWorld(t).client.Sinks(t.Context())
	want := []Sink{
		{Name: "chat", Kind: "webhook", State: StateOK, Order: "key", Concurrency: 8},
		{
			Name: "crm", Kind: "webhook", State: SinkDisabled, Since: past, Reason: "status 410", Until: past, Order: "none",
			Concurrency: 1, Attempting: 1, Queue: Queue{Pending: 4, Dead: 2, Oldest: past},
		},
		{Name: "old", Queue: Queue{Dead: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestASinkIsPausedAndResumedByName(t *testing.T) {
	w := newWorld(t)
	got, err := w.client.PauseSink(t.Context(), "crm")
	if err != nil || got.Name != "crm" || got.Queue.Pending != 4 {
		t.Errorf("got %+v, error %v", got, err)
	}
	_, _ = w.client.ResumeSink(t.Context(), "crm")
	if diff := cmp.Diff([]string{"pause sink crm", "resume sink crm"}, w.did); diff != "" {
		t.Error(diff)
	}
	refused, ok := errors.AsType[*Error](second(w.client.Sink(t.Context(), "crn")))
	if !ok || refused.Status != http.StatusNotFound {
		t.Errorf("a sink that is not there: %v", refused)
	}
}

func second[T any](_ T, err error) error { return err }

func TestWhereASinkStandsIsTheGravestOfWhatIsKnown(t *testing.T) {
	settings := deliver.Settings{Name: "crm"}
	status := deliver.Status{}
	if got := SinkOf(settings, status); got.State != StateOK || !got.Since.IsZero() {
		t.Errorf("at first: %+v", got)
	}
	status.Trouble = "status 401"
	if got := SinkOf(settings, status); got.State != StateOK || got.Reason != "status 401" {
		t.Errorf("after an attempt that failed: %+v", got)
	}
	status.Failing, status.Reason = past, "status 500"
	for _, step := range []struct {
		state string
		add   func()
	}{
		{SinkFailing, func() {}},
		{SinkBroken, func() { status.Broken = true }},
		{SinkPaused, func() { status.Paused = past }},
		{SinkDisabled, func() { status.Disabled = past }},
	} {
		step.add()
		if got := SinkOf(settings, status); got.State != step.state || !got.Since.Equal(past) {
			t.Errorf("want %s: %+v", step.state, got)
		}
	}
}

func TestAReloadThatFailsAnswersWithTheDiagnostics(t *testing.T) {
	w := newWorld(t)
	const text = "Error: Unknown block\n\n  on hookbridge.hcl line 3:\n   3: sorce \"http\" \"x\" {\n"
	w.onReload = func() error { return errors.New(text) }
	err := w.client.Reload(t.Context())
	if !errors.Is(err, ErrInvalid) || err.Error() != text {
		t.Errorf("got %v", err)
	}
	w.onReload = func() error { return fmt.Errorf("reload: %w", poll.ErrStopped) }
	if err := w.client.Reload(t.Context()); !errors.Is(err, poll.ErrStopped) {
		t.Errorf("while stopping: %v", err)
	}
}

// O5
func TestHealthAndReadinessSayWhyNot(t *testing.T) {
	w := newWorld(t)
	w.alive, w.ready = errors.New("ask polling: no answer within 5s"), errors.New("starting")
	for want, err := range map[string]error{
		w.alive.Error(): w.client.Alive(t.Context()), w.ready.Error(): w.client.Ready(t.Context()),
	} {
		if refused, ok := errors.AsType[*Error](err); !ok || refused.Status != 503 || refused.Message != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	w.client.token = tokenOf("")
	if err := w.client.Ready(t.Context()); err == nil || strings.Contains(err.Error(), "starting") {
		t.Errorf("without token: %v", err)
	}
}

func TestAnErrorHasTheStatusOfItsCause(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		cause, want error
		status      int
	}{
		{poll.ErrUnknown, store.ErrNotFound, 404},
		{store.ErrNotFound, store.ErrNotFound, 404},
		{ErrConflict, ErrConflict, 409},
		{ErrUsage, ErrUsage, 400},
		{ErrInvalid, ErrInvalid, 422},
		{poll.ErrStopped, poll.ErrStopped, 503},
		{store.ErrFull, nil, 507},
		{errors.New("something else"), nil, 500},
	} {
		w.onPause = func() error { return fmt.Errorf("write source %q: %w", "issues", test.cause) }
		_, err := w.client.Pause(t.Context(), "issues")
		refused, ok := errors.AsType[*Error](err)
		if !ok || refused.Status != test.status || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%v: got %v", test.cause, err)
		}
		if ok && !strings.Contains(refused.Message, test.cause.Error()) {
			t.Errorf("%v: the message is %q", test.cause, refused.Message)
		}
	}
}

func TestANameWithOddCharactersReachesTheBridgeWhole(t *testing.T) {
	w := newWorld(t)
	w.judge.lax = true
	for _, name := range []string{"a/b", "a b", "a?b#c", "é%2F", "..."} {
		report, err := w.client.Poll(t.Context(), name)
		if err != nil || report.Source != name {
			t.Errorf("%q: got %q, error %v", name, report.Source, err)
		}
	}
}

func TestWhatAnOperatorChangesIsLoggedAndWhatHeReadsIsNot(t *testing.T) {
	w := newWorld(t)
	_, _ = w.client.Sources(t.Context())
	_, _ = w.client.Pause(t.Context(), "issues")
	w.onPause = func() error { return errors.New("disk gone") }
	_, _ = w.client.Pause(t.Context(), "issues")
	w.end()
	log := w.logged.String()
	if n := strings.Count(log, "/v1/sources/issues/pause"); n != 2 || !strings.Contains(log, "disk gone") {
		t.Errorf("%d pauses in the log:\n%s", n, log)
	}
	if n := strings.Count(log, "\n"); n != 2 || strings.Contains(log, token) {
		t.Errorf("%d lines in the log:\n%s", n, log)
	}
}
