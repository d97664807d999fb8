package poll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

// world is one source over an upstream, and a real state.
type world struct {
	t     *testing.T
	path  string
	store *badger.Store
	up    *upstream
	Settings
	watch   *watchedStore
	prepare func(*Loop) // before it runs
}

// inBubble runs a test with fake time and a state opened in it.
func inBubble(t *testing.T, test func(w *world)) {
	t.Helper()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, path: path, up: &upstream{coverage: bridge.Complete}}
		w.Settings = Settings{
			Name: "shop", Kind: "test", Version: "1", Source: w.up, Every: time.Minute, Timeout: 30 * time.Second,
			Guard:  Guard{MaxDeletes: DefaultMaxDeletes()},
			To:     []store.Recipient{{Sink: "crm"}},
			Health: []store.Recipient{{Sink: "ops"}},
		}
		w.open()
		defer func() { w.close() }()
		test(w)
	})
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.store, err = badger.Open(w.t.Context(), badger.Options{Path: w.path, Log: silent()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.watch = &watchedStore{Sources: w.store}
}

func (w *world) close() {
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) reopen() {
	w.close()
	w.open()
}

// skip lets time pass with the state closed: an open one looks after itself every few milliseconds.
func (w *world) skip(d time.Duration) {
	w.close()
	time.Sleep(d)
	w.open()
}

// watchedStore counts what polling asks of the state, and fails commits on demand.
type watchedStore struct {
	store.Sources
	commits, remembers int
	failAfter          int // commits that still go well; 0: all
	failRename         error
}

func (s *watchedStore) Rename(ctx context.Context, from, to string) error {
	if s.failRename != nil {
		return s.failRename
	}
	return s.Sources.Rename(ctx, from, to)
}

var errPulled = errors.New("the plug was pulled")

func (s *watchedStore) Commit(ctx context.Context, c store.Commit) error {
	s.commits++
	if s.failAfter > 0 && s.commits > s.failAfter {
		return errPulled
	}
	return s.Sources.Commit(ctx, c)
}

func (s *watchedStore) Remember(ctx context.Context, all map[string]store.Memory) error {
	s.remembers++
	return s.Sources.Remember(ctx, all)
}

// poll makes one poll, as the loop would, and returns how it went.
func (w *world) poll() Report {
	w.t.Helper()
	time.Sleep(w.Every) // fake: the instants of polls differ
	memory, err := w.store.Memory(w.t.Context(), w.Name)
	if err != nil {
		w.t.Fatal(err)
	}
	r := newRun(Options{Store: w.watch, Temp: w.path}, &w.Settings, comparerOf(w), memory)
	r.close(w.t.Context(), r.do(w.t.Context()))
	if r.report.Err != nil { // the loop keeps failures in its own memory
		if err := w.store.Remember(w.t.Context(), map[string]store.Memory{w.Name: r.memory}); err != nil {
			w.t.Fatal(err)
		}
	}
	return r.report
}

// good polls, and wants it to go well.
func (w *world) good() Report {
	w.t.Helper()
	report := w.poll()
	if report.Err != nil {
		w.t.Fatal(report.Err)
	}
	return report
}

// taken drains the outbox of a sink, in order, as long as there is anything due.
func (w *world) taken(sink string) []store.Delivery {
	w.t.Helper()
	var all []store.Delivery
	for {
		claimed, _, err := w.store.Claim(w.t.Context(), sink, time.Now(), 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(claimed) == 0 {
			return all
		}
		var settled []store.Settlement
		for _, d := range claimed {
			settled = append(settled, store.Settlement{Delivery: d, State: store.Done})
		}
		if err := w.store.Settle(w.t.Context(), settled); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, claimed...)
	}
}

// sent drains the outbox of the source's sink and returns one line per event: type, key, before, after.
func (w *world) sent() []string {
	w.t.Helper()
	var lines []string
	for _, d := range w.taken("crm") {
		e := d.Event
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s>%s %s",
			e.Type, e.Key, e.Before, e.After, strings.Join(e.Changed, ","))))
	}
	return lines
}

// wants drains the outbox and compares.
func (w *world) wants(lines ...string) {
	w.t.Helper()
	got := w.sent()
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		w.t.Errorf("sent:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

// healthy drains the outbox of health events and returns their types.
func (w *world) health() []string {
	w.t.Helper()
	var types []string
	for _, d := range w.taken("ops") {
		types = append(types, d.Event.Type)
	}
	return types
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func amount(count int) setting.Amount { return setting.Amount{Count: count} }

func comparerOf(w *world) *document.Comparer { return document.NewComparer(w.Rules, w.store.Seed()) }

// compiled compiles an expression over an event.
func compiled(t *testing.T, text string) *expr.Expr {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(text), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	compiled, diags := expr.Compile(x, &hcl.EvalContext{Functions: expr.Functions()}, expr.EventRoots()...)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return compiled
}

// paths compiles paths in an item.
func paths(t *testing.T, text string) []document.Path {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(text), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	paths, diags := expr.Paths(x, "item")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return paths
}
