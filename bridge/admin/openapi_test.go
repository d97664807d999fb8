package admin

import (
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDocumentIsValidOpenAPI(t *testing.T) {
	if err := loadDocument(t).Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheDocumentHasExactlyTheRoutesOfTheServer(t *testing.T) {
	api := &api{bridge: newFake(), log: slog.New(slog.DiscardHandler)}
	var served, documented []string
	for _, r := range api.routes() {
		served = append(served, r.method+" "+r.path)
	}
	for path, item := range loadDocument(t).Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(documented)
	if diff := cmp.Diff(served, documented); diff != "" {
		t.Errorf("served (-) and documented (+) differ:\n%s", diff)
	}
}

func TestEachSchemaHasExactlyTheMembersOfItsType(t *testing.T) {
	doc := loadDocument(t)
	types := []any{
		Status{},
		Counts{},
		Queue{},
		Source{},
		Hold{},
		Report{},
		PollRequest{},
		RecordRequest{},
		Recording{},
		Plan{},
		PlannedChange{},
		PlannedEvent{},
		Exchange{},
		Sink{},
		Events{},
		Event{},
		Delivery{},
		Attempt{},
		DeadLetters{},
		DeadLetter{},
		Replay{},
		Pick{},
		Count{},
		Health{},
	}
	for _, value := range types {
		kind := reflect.TypeOf(value)
		ref := doc.Components.Schemas[kind.Name()]
		if ref == nil {
			t.Errorf("%s has no schema", kind.Name())
			continue
		}
		members, required := membersOf(kind)
		if diff := cmp.Diff(members, slices.Sorted(maps.Keys(ref.Value.Properties))); diff != "" {
			t.Errorf("%s: members of type (-) and schema (+) differ:\n%s", kind.Name(), diff)
		}
		slices.Sort(ref.Value.Required)
		if diff := cmp.Diff(required, ref.Value.Required); diff != "" {
			t.Errorf("%s: members always there (-) and required (+) differ:\n%s", kind.Name(), diff)
		}
	}
}

func membersOf(kind reflect.Type) (all, required []string) {
	for field := range kind.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, name)
		if options == "" {
			required = append(required, name)
		}
	}
	slices.Sort(all)
	slices.Sort(required)
	return all, required
}

// Every method of the client is called once with success, and the judge of the client's transport holds each
// request and answer against the document.
func TestEachRouteAnswersAsTheDocumentSays(t *testing.T) {
	w := newWorld(t)
	w.fill()
	ctx, c := t.Context(), w.client
	calls := map[string]func() error{
		"status":      func() error { _, err := c.Status(ctx); return err },
		"sources":     func() error { _, err := c.Sources(ctx); return err },
		"source":      func() error { _, err := c.Source(ctx, "issues"); return err },
		"poll":        func() error { _, err := c.PollTraced(ctx, "issues"); return err },
		"plan":        func() error { _, err := c.Plan(ctx, "issues"); return err },
		"record":      func() error { _, err := c.Record(ctx, "issues", RecordRequest{SinceLast: true}); return err },
		"pause":       func() error { _, err := c.Pause(ctx, "issues"); return err },
		"resume":      func() error { _, err := c.Resume(ctx, "issues"); return err },
		"release":     func() error { _, err := c.Release(ctx, "tickets"); return err },
		"rebaseline":  func() error { _, err := c.Rebaseline(ctx, "issues"); return err },
		"reset":       func() error { _, err := c.Reset(ctx, "issues"); return err },
		"sinks":       func() error { _, err := c.Sinks(ctx); return err },
		"sink":        func() error { _, err := c.Sink(ctx, "crm"); return err },
		"pauseSink":   func() error { _, err := c.PauseSink(ctx, "crm"); return err },
		"resumeSink":  func() error { _, err := c.ResumeSink(ctx, "crm"); return err },
		"events":      func() error { _, err := c.Events(ctx, Filter{Since: past, Sink: "crm", State: "dead"}); return err },
		"event":       func() error { _, err := c.Event(ctx, "evt_1"); return err },
		"deadLetters": func() error { _, err := c.DeadLetters(ctx, Filter{Limit: 10}); return err },
		"retry":       func() error { _, err := c.Retry(ctx, Pick{ID: "evt_1", Sink: "crm"}); return err },
		"drop":        func() error { _, err := c.Drop(ctx, Pick{Source: "tickets"}); return err },
		"replay":      func() error { _, err := c.Replay(ctx, Replay{Sink: "chat", Since: past}); return err },
		"backup":      func() error { _, _, err := c.Backup(ctx, io.Discard); return err },
		"reload":      func() error { return c.Reload(ctx) },
		"health":      func() error { return c.Alive(ctx) },
		"ready":       func() error { return c.Ready(ctx) },
		"metrics":     func() error { _, err := c.Metrics(ctx); return err },
		"document":    func() error { _, err := c.Document(ctx); return err },
	}
	order := slices.Sorted(maps.Keys(calls))
	slices.Reverse(order) // retry needs the dead letter before drop has it
	for _, name := range order {
		if err := calls[name](); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for path, item := range loadDocument(t).Paths.Map() {
		for method, operation := range item.Operations() {
			if !w.judge.seen[operation.OperationID] {
				t.Errorf("%s %s was not tried", method, path)
			}
		}
	}
}

func TestTheDocumentIsServedAsItIs(t *testing.T) {
	text, err := newWorld(t).client.Document(t.Context())
	if err != nil || string(text) != string(openapi) {
		t.Errorf("got %d bytes, error %v", len(text), err)
	}
}
