package admin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/tape"
)

// fake is a bridge with two sources, two sinks and a history in memory. Functions that are set stand in for
// what it would do.
type fake struct {
	*history
	statuses []poll.Status
	did      []string // what was asked of sources, in order
	batches  [][]string

	onPoll   func(context.Context, string) (poll.Report, error)
	onPlan   func(string, func(bridge.Exchange)) (poll.Plan, error)
	onRecord func(string, RecordRequest) (Recorded, error)
	onPause  func() error
	onReload func() error
	onBackup func(context.Context, io.Writer) error
	onReplay func(sink string) error
	ready    error
	alive    error
}

var past = time.Date(2026, 11, 23, 8, 43, 24, 0, time.UTC)

func newFake() *fake {
	return &fake{history: &history{}, statuses: []poll.Status{
		{
			Name: "issues", Kind: "http", Every: 90 * time.Second, Due: past.Add(time.Minute),
			Memory: store.Memory{Items: 7, Baseline: past, Polled: past, Changed: past, NotBefore: past},
		},
		{
			Name: "tickets", Kind: "http", Every: time.Hour, Polling: true,
			Memory: store.Memory{
				Failures: 2, Failing: past, Reason: "status 502",
				Hold: &store.Hold{Since: past, Reason: "40 of 50 items are gone", Deletes: 40, Known: 50},
			},
		},
	}}
}

func (f *fake) Sources(context.Context) ([]poll.Status, error) { return f.statuses, nil }

func (f *fake) Poll(ctx context.Context, source string, trace func(bridge.Exchange)) (poll.Report, error) {
	if trace != nil {
		trace(bridge.Exchange{Page: 1, For: "oauth2", Method: "POST", URL: "https://auth.example.com", Limits: "some", Status: 200})
	}
	if f.onPoll != nil {
		return f.onPoll(ctx, source)
	}
	return poll.Report{
		Source: source, Started: past, Took: 1500 * time.Millisecond, Coverage: bridge.Complete, Seen: 3,
	}, nil
}

func (f *fake) Plan(_ context.Context, source string, trace func(bridge.Exchange)) (poll.Plan, error) {
	return f.onPlan(source, trace)
}

func (f *fake) Record(_ context.Context, source string, want RecordRequest) (Recorded, error) {
	if f.onRecord != nil {
		return f.onRecord(source, want)
	}
	return Recorded{Recording{Source: source, Items: 1}, []tape.File{{Name: "001.json", Content: []byte("{}")}}}, nil
}

func (f *fake) Backup(ctx context.Context, to io.Writer) error {
	if f.onBackup != nil {
		return f.onBackup(ctx, to)
	}
	w, err := backup.NewWriter(to, backup.Header{Schema: 2, Version: "1.2.3", Made: past}, nil)
	if err == nil {
		err = w.Close()
	}
	return err
}

func (f *fake) Pause(_ context.Context, source string) error {
	if f.onPause != nil {
		return f.onPause()
	}
	f.statuses[0].Memory.Paused = true
	return f.note("pause", source)
}

func (f *fake) Resume(_ context.Context, source string) error  { return f.note("resume", source) }
func (f *fake) Release(_ context.Context, source string) error { return f.note("release", source) }
func (f *fake) Rebaseline(_ context.Context, source string) error {
	return f.note("rebaseline", source)
}
func (f *fake) Reset(_ context.Context, source string) error { return f.note("reset", source) }

func (f *fake) note(verb, source string) error {
	f.did = append(f.did, verb+" "+source)
	return nil
}

func (f *fake) Sinks(context.Context) ([]Sink, error) {
	return []Sink{
		{Name: "chat", Kind: "webhook", State: StateOK, Order: "key", Concurrency: 8},
		{
			Name: "crm", Kind: "webhook", State: SinkDisabled, Since: past, Reason: "status 410", Until: past, Order: "none",
			Concurrency: 1, Attempting: 1,
		},
	}, nil
}

func (f *fake) PauseSink(_ context.Context, sink string) error { return f.note("pause sink", sink) }

func (f *fake) ResumeSink(_ context.Context, sink string) error { return f.note("resume sink", sink) }

func (f *fake) Replay(ctx context.Context, ids []string, sink string) (int, error) {
	f.batches = append(f.batches, slices.Clone(ids))
	if f.onReplay != nil {
		if err := f.onReplay(sink); err != nil {
			return 0, err
		}
	}
	return f.Redeliver(ctx, ids, sink, nil)
}

func (f *fake) History() store.History { return f.history }

func (f *fake) Reload(context.Context) error {
	if f.onReload != nil {
		return f.onReload()
	}
	return nil
}

func (f *fake) Ready() error                { return f.ready }
func (f *fake) Alive(context.Context) error { return f.alive }
func (f *fake) Version() string             { return "1.2.3" }

func (f *fake) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, "hookbridge_holds 1\n")
	})
}

// history is a store.History in memory, oldest first.
type history struct {
	records []store.Record
	asked   store.Filter // the last filter
	repeat  int          // the oldest record is there so many times more
	broken  error        // follows the newest record
}

// add records an event with a delivery in the given state to each sink.
func (h *history) add(e bridge.Event, states map[string]store.State) {
	record := store.Record{Event: e, Number: uint64(len(h.records) + 1)}
	for sink, state := range states {
		d := store.Delivery{Target: store.Target{Sink: sink}, State: state, Due: past.Add(time.Hour), Attempts: 1}
		d.Log = []store.Attempt{{
			Time: past, Duration: 12345678, Status: 500, Class: "status", Error: "status 500", Excerpt: "oops",
		}}
		if state == store.Buried {
			d.Reason = "status 500"
		}
		record.Deliveries = append(record.Deliveries, d)
	}
	slices.SortFunc(record.Deliveries, func(a, b store.Delivery) int { return cmp.Compare(a.Sink, b.Sink) })
	h.records = append(h.records, record)
}

func (h *history) Events(_ context.Context, f store.Filter) iter.Seq2[store.Record, error] {
	h.asked = f
	return func(yield func(store.Record, error) bool) {
		left := f.Limit
		for _, record := range slices.Backward(h.records) {
			if !fitsFilter(record, f) {
				continue
			}
			if left--; left == -1 && f.Limit > 0 || !yield(record, nil) {
				return
			}
			if h.broken != nil {
				yield(store.Record{}, h.broken)
				return
			}
		}
		for range h.repeat {
			if !yield(h.records[0], nil) {
				return
			}
		}
	}
}

func fitsFilter(r store.Record, f store.Filter) bool {
	e := r.Event
	inTime := !e.Time.Before(f.Since) && (f.Until.IsZero() || e.Time.Before(f.Until))
	named := (f.Source == "" || f.Source == e.Source) && (f.Key == "" || f.Key == e.Key) &&
		(f.Type == "" || f.Type == e.Type)
	if f.Sink == "" && f.State == nil {
		return inTime && named
	}
	return inTime && named && slices.ContainsFunc(r.Deliveries, func(d store.Delivery) bool {
		return (f.Sink == "" || f.Sink == d.Sink) && (f.State == nil || *f.State == d.State)
	})
}

func (h *history) find(id string) *store.Record {
	i := slices.IndexFunc(h.records, func(r store.Record) bool { return r.Event.ID == id })
	if i < 0 {
		return nil
	}
	return &h.records[i]
}

func (h *history) delivery(id, sink string) *store.Delivery {
	if record := h.find(id); record != nil {
		for i := range record.Deliveries {
			if record.Deliveries[i].Sink == sink {
				return &record.Deliveries[i]
			}
		}
	}
	return nil
}

func (h *history) Event(_ context.Context, id string) (store.Record, error) {
	if record := h.find(id); record != nil {
		return *record, nil
	}
	return store.Record{}, fmt.Errorf("event: %w", store.ErrNotFound)
}

func (h *history) Redeliver(_ context.Context, ids []string, sink string, _ func(bridge.Event) store.Hash) (int, error) {
	queued := 0
	for _, id := range ids {
		switch d := h.delivery(id, sink); {
		case d == nil:
			record := h.find(id)
			record.Deliveries = append(record.Deliveries, store.Delivery{Target: store.Target{Sink: sink}})
			queued++
		case d.State != store.Pending:
			d.State, d.Attempts = store.Pending, 0
			queued++
		}
	}
	return queued, nil
}

func (h *history) Drop(_ context.Context, id, sink string) error {
	d := h.delivery(id, sink)
	if d == nil || d.State != store.Buried {
		return store.ErrNotFound
	}
	d.State = store.Dropped
	return nil
}

func (h *history) Queue(context.Context) (map[string]store.Queue, error) {
	return map[string]store.Queue{"crm": {Pending: 4, Dead: 2, Oldest: past}, "old": {Dead: 1}, "older": {}}, nil
}

func (h *history) Sweep(context.Context, time.Time) (int, error) { return 0, nil }
