package http_test

import (
	"context"
	"iter"
	"log/slog"
	nethttp "net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/sinks/webhook"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// A bridged world has the core and a real state behind its sources.
type bridged struct {
	*world
	state *badger.Store
	loop  *poll.Loop
	env   map[string]string
	seen  int // events that a test has looked at
}

const toSink = "\nsink \"webhook\" \"app\" {\n url = \"http://app.test/\"\n unsigned = true\n}\n"

// bridgeOver runs a test over a configuration whose sources are polled when the test wants it.
func bridgeOver(t *testing.T, sources string, test func(*bridged)) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.hcl"), []byte(sources+toSink), 0o600); err != nil {
		t.Fatal(err)
	}
	bridgeFrom(t, dir, nil, test)
}

// bridgeFrom is bridgeOver for the files of a directory, and an environment.
func bridgeFrom(t *testing.T, dir string, env map[string]string, test func(*bridged)) {
	t.Helper()
	state := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &bridged{world: &world{T: t, Network: sourcetest.NewNetwork()}, env: env}
		silent := slog.New(slog.DiscardHandler)
		var err error
		if b.state, err = badger.Open(t.Context(), badger.Options{Path: state, Log: silent}); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.state.Close() }()
		settings := b.load(dir)
		b.loop = poll.New(poll.Options{Store: b.state, Log: silent, Temp: state})
		if err := b.loop.Start(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.loop.Run(ctx) }()
		defer func() { cancel(); <-done }()
		if err := b.loop.Apply(ctx, settings); err != nil {
			t.Fatal(err)
		}
		for _, s := range settings {
			if err := b.loop.Pause(ctx, s.Name); err != nil {
				t.Fatal(err)
			}
		}
		test(b)
	})
}

func (b *bridged) load(dir string) []poll.Settings {
	b.Helper()
	c, diags := config.Load(dir, config.Options{
		Kinds: config.Kinds{
			Sources: []bridge.Kind[bridge.Source]{http.Kind()}, Sinks: []bridge.Kind[bridge.Sink]{webhook.Kind()},
		},
		Getenv: func(name string) (string, bool) { value, found := b.env[name]; return value, found },
		Env: bridge.Env{
			Dial: b.Dial, Temp: b.TempDir(), Keep: sourcetest.NewKeep(),
			Items: func(ctx context.Context, source string) iter.Seq2[bridge.Item, error] {
				return store.Items(ctx, b.state, source)
			},
		},
	})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	return c.Sources
}

// sends polls a source and checks which events leave.
func (b *bridged) sends(source string, want ...string) {
	b.Helper()
	if report := b.polls(source); report.Err != nil {
		b.Fatalf("poll: %v", report.Err)
	}
	var sent []string
	for _, e := range b.news() {
		sent = append(sent, e.Change.String()+" "+e.Key)
	}
	slices.Sort(sent)
	if strings.Join(sent, ",") != strings.Join(want, ",") {
		b.Errorf("sent %q, want %q", sent, want)
	}
}

// polls polls a source, well or not.
func (b *bridged) polls(source string) poll.Report {
	b.Helper()
	report, err := b.loop.Poll(b.Context(), source, nil)
	if err != nil {
		b.Fatalf("poll: %v", err)
	}
	return report
}

// news returns the events that left since it was called last, in their order.
func (b *bridged) news() []bridge.Event {
	b.Helper()
	var all []bridge.Event
	for r, err := range b.state.Events(b.Context(), store.Filter{}) {
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, r.Event)
	}
	slices.Reverse(all)
	news := all[b.seen:]
	b.seen = len(all)
	return news
}

// P15, P16: overlaps are told apart by the core, a sweep sends what it finds once, and so does a full listing
// after a 410.
func TestWhatIsListedAgainIsSentOnce(t *testing.T) {
	source := "source \"http\" \"items\" {\n every = \"1h\"\n sinks = [sink.app]\n" + changing + `
		cursor {
			field   = item.at
			param   = "since"
			overlap = "10m"
		}
		reconcile {
			every = "20m"
		}
	}`
	bridgeOver(t, source, func(b *bridged) {
		l := newLedger(b.world)
		l.touch("a", time.Hour)
		l.touch("b", time.Hour)
		b.sends("items") // the baseline
		l.touch("a", 0)
		time.Sleep(time.Second)
		b.sends("items", "updated a")
		b.sends("items") // a again, by the overlap
		l.touch("c", 50*time.Minute)
		b.sends("items") // too old to be seen
		delete(l.rows, "b")
		time.Sleep(20 * time.Minute)
		b.sends("items", "created c", "deleted b")
		b.sends("items")
		l.refuses = true
		delete(l.rows, "c")
		b.sends("items", "deleted c")
		l.refuses = false
		b.sends("items")
	})
}

// H8, P4: children come and go with their parents, and none goes because the parents are not known yet.
func TestChildrenFollowTheItemsOfTheirParent(t *testing.T) {
	sources := `source "http" "tickets" {
		every = "1h"
		url   = "http://api.test/tickets"
		key   = item.id
		sinks = [sink.app]
	}
	source "http" "comments" {
		every    = "1h"
		for_each = source.tickets
		url      = "http://api.test/tickets/${each.key}/comments"
		key      = "${each.key}/${item.id}"
		sinks    = [sink.app]
	}`
	bridgeOver(t, sources, func(b *bridged) {
		parents, children := []int{1, 2}, map[string]string{"1": ids(7), "2": ids(7, 8), "3": ids(9)}
		b.serveSafely(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/tickets" {
				answerJSON(rw, ids(parents...))
				return
			}
			answerJSON(rw, children[strings.Split(r.URL.Path, "/")[2]])
		})
		if err := b.polls("comments").Err; err == nil || !strings.Contains(err.Error(), "has not been polled yet") {
			b.Errorf("without parents: %v", err)
		}
		b.sends("tickets")
		b.sends("comments") // the baseline
		children["1"] = ids(7, 5)
		b.sends("comments", "created 1/5")
		parents = []int{1, 3}
		b.sends("comments")
		b.sends("tickets", "created 3", "deleted 2")
		b.sends("comments", "created 3/9", "deleted 2/7", "deleted 2/8")
	})
}
