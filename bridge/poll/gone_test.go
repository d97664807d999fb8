package poll

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// tidied starts a loop over the configuration, tidies, and returns what is known then.
func (w *world) tidied(sources ...Settings) map[string]store.Memory {
	w.t.Helper()
	l := New(Options{Store: w.watch, Log: silent(), Temp: w.path})
	if err := l.Start(w.t.Context(), sources); err != nil {
		w.t.Fatal(err)
	}
	if err := l.Tidy(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	known, err := w.store.Known(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return known
}

// P10: out of the configuration for less than 30 days a source goes on where it was; after that it is new.
func TestTheStateOfASourceThatIsTakenOutIsKeptForThirtyDays(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		w.tidied()
		w.skip(KeepGone - time.Hour)
		if _, kept := w.tidied()[w.Name]; !kept {
			t.Fatal("it was forgotten too early")
		}
		w.running(func(*Loop) { time.Sleep(2 * time.Minute) }, w.Settings)
		w.up.set(`{"id":1,"n":1}`)
		w.tidied()
		w.skip(2 * time.Hour)
		if _, kept := w.tidied()[w.Name]; !kept {
			t.Fatal("the time before it came back was counted")
		}
		w.running(func(*Loop) { time.Sleep(2 * time.Minute) }, w.Settings)
		w.wants(`shop.updated 1 {"id":1}>{"id":1,"n":1} /n`)
		w.tidied()
		w.skip(KeepGone)
		if known := w.tidied(); len(known) != 0 {
			t.Errorf("still known: %v", known)
		}
	})
}

// P10: what the configuration names is never forgotten, whatever was noted of it before.
func TestASourceThatIsNamedIsNotForgotten(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		memory := w.memory()
		memory.Gone = time.Now().Add(-2 * KeepGone)
		if err := w.store.Remember(w.t.Context(), map[string]storeMemory{w.Name: memory}); err != nil {
			t.Fatal(err)
		}
		if _, kept := w.tidied(w.Settings)[w.Name]; !kept {
			t.Error("it was forgotten")
		}
	})
}

// renamed is the source under a new name.
func (w *world) renamed() Settings {
	s := w.Settings
	s.Name, s.Previous, s.Version = "store", w.Name, "2"
	return s
}

// P10: at a start, and again at the next, the state is that of the previous name.
func TestPreviousCarriesTheStateOverToANewName(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		for n := range 2 {
			w.reopen()
			w.up.set(fmt.Sprintf(`{"id":1,"n":%d}`, n))
			w.running(func(*Loop) { time.Sleep(3 * time.Minute) }, w.renamed())
		}
		w.wants(`store.updated 1 {"id":1}>{"id":1,"n":0} /n`, `store.updated 1 {"id":1,"n":0}>{"id":1,"n":1} /n`)
		known, _ := w.store.Known(w.t.Context())
		if _, old := known[w.Name]; old || len(known) != 1 {
			t.Errorf("known: %v", known)
		}
	})
}

// P10: while the source runs, and even while it polls.
func TestARunningSourceIsRenamedAfterItsPoll(t *testing.T) {
	for name, takes := range map[string]time.Duration{"idle": 0, "polling": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.up.set(`{"id":1}`)
				w.running(func(l *Loop) {
					time.Sleep(45 * time.Second)
					w.up.set(`{"id":1,"n":1}`)
					w.up.turn(nil, takes)
					time.Sleep(30 * time.Second)
					if err := l.Apply(w.t.Context(), []Settings{w.renamed()}); err != nil {
						t.Error(err)
					}
					w.up.turn(nil, 0)
					time.Sleep(3 * time.Minute)
					status, _ := l.Sources(w.t.Context())
					if len(status) != 1 || status[0].Name != "store" || status[0].Memory.Items != 1 {
						t.Errorf("sources %+v", status)
					}
				}, w.Settings)
				if sent := w.sent(); len(sent) != 1 {
					t.Errorf("sent %q, want the one update", sent)
				}
			})
		})
	}
}

// P10: a source whose state cannot be carried over is not taken for a new one.
func TestAStateThatCannotBeCarriedOverIsSaidAndNothingIsLost(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		errFull := errors.New("disk is full")
		w.watch.failRename = errFull
		w.running(func(l *Loop) {
			time.Sleep(time.Minute)
			if err := l.Apply(w.t.Context(), []Settings{w.renamed()}); !errors.Is(err, errFull) {
				t.Errorf("error %v", err)
			}
			polls := w.up.count()
			time.Sleep(5 * time.Minute)
			if w.up.count() != polls {
				t.Error("it is polled without its state")
			}
		}, w.Settings)
		if known, _ := w.store.Known(w.t.Context()); known[w.Name].Items != 1 {
			t.Errorf("known: %v", known)
		}
	})
}

// P21: once until the next change, over restarts, whether polls find nothing, fail or do not come.
func TestASourceWithoutAnExpectedChangeIsStaleOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Expect = 10 * time.Minute
		w.up.set(`{"id":1}`)
		w.running(func(*Loop) {
			time.Sleep(9 * time.Minute)
			if said := w.health(); len(said) != 0 {
				t.Errorf("too early: %v", said)
			}
			time.Sleep(20 * time.Minute)
		}, w.Settings)
		w.reopen()
		w.running(func(*Loop) {
			time.Sleep(20 * time.Minute)
			if said := fmt.Sprint(w.health()); said != "[source.stale]" || !w.memory().Stale {
				t.Errorf("health events %s", said)
			}
			w.up.set(`{"id":1,"n":1}`)
			time.Sleep(5 * time.Minute)
			if w.memory().Stale {
				t.Error("still stale after a change")
			}
			time.Sleep(20 * time.Minute)
			if said := fmt.Sprint(w.health()); said != "[source.stale]" {
				t.Errorf("after another change: health events %s", said)
			}
		}, w.Settings)
	})
}

// P21.
func TestAFailingSourceIsStaleTooAndAPausedOneIsNot(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Expect, w.Every = 10*time.Minute, time.Hour
		w.up.set(`{"id":1}`)
		w.running(func(l *Loop) {
			time.Sleep(time.Minute)
			if err := l.Pause(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Minute)
			if said := w.health(); len(said) != 0 {
				t.Errorf("while it is paused: %v", said)
			}
			w.up.turn(errPulled, 0)
			if err := l.Resume(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Minute)
			if said := fmt.Sprint(w.health()); said != "[source.stale]" {
				t.Errorf("health events %s", said)
			}
		}, w.Settings)
	})
}
