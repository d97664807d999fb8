package poll

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// stubborn is a source that ends a poll only some time after it was told to.
type stubborn struct{ *upstream }

func (s stubborn) Poll(_ context.Context, since bridge.Cursor, _ func(bridge.Item) error) (bridge.Outcome, error) {
	s.begin(since)
	defer s.end()
	time.Sleep(10 * time.Second)
	return bridge.Outcome{Coverage: bridge.Complete}, nil
}

func (w *world) stubborn(version string) Settings {
	settings := w.Settings
	settings.Version, settings.Source, settings.Every = version, stubborn{w.up}, time.Hour
	return settings
}

// O3, P11: reloads that come while a poll still ends take in the last one, and no poll overlaps another.
func TestReloadsWhileAPollEndsTakeInTheLastOne(t *testing.T) {
	for name, reloads := range map[string][]string{
		"twice":                {"2", "3"},
		"back to what it was":  {"2", "1"},
		"away and back":        {"", "1"},
		"away and back anew":   {"", "2"},
		"away after a change":  {"2", ""},
		"away, back, and away": {"", "2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.running(func(l *Loop) {
					go func() { _, _ = l.Poll(w.t.Context(), "shop", nil) }()
					synctest.Wait()
					w.reloads(l, reloads)
					time.Sleep(time.Minute)
					w.checkReplaced(l, reloads[len(reloads)-1])
				}, w.stubborn("1"))
			})
		})
	}
}

func (w *world) reloads(l *Loop, versions []string) {
	w.t.Helper()
	for _, version := range versions {
		var all []Settings
		if version != "" {
			all = append(all, w.stubborn(version))
		}
		if err := l.Apply(w.t.Context(), all); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) checkReplaced(l *Loop, version string) {
	w.t.Helper()
	left, got := 0, ""
	if err := l.ask(w.t.Context(), func(context.Context) {
		left = len(l.sources)
		if s := l.sources["shop"]; s != nil {
			got = s.Version
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	if got != version {
		w.t.Errorf("%d sources, version %q in force, want %q", left, got, version)
	}
	if _, most := w.up.polled(); most != 1 {
		w.t.Errorf("%d polls at once", most)
	}
}

// P11: requests that wait for a poll run one after the other, and those of a source that is replaced meanwhile
// go to what is in its place.
func TestRequestsThatWaitForAPollNeverOverlap(t *testing.T) {
	inBubble(t, func(w *world) {
		w.running(func(l *Loop) {
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					if _, err := l.Poll(w.t.Context(), "shop", nil); err != nil {
						t.Error(err)
					}
				})
			}
			synctest.Wait()
			w.reloads(l, []string{"2"})
			all.Wait()
			w.checkReplaced(l, "2")
			if polls, _ := w.up.polled(); polls != 3 {
				t.Errorf("%d polls for three requests", polls)
			}
		}, w.stubborn("1"))
	})
}
