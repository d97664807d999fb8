package poll

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// running runs a loop with the sources for as long as the test takes.
func (w *world) running(test func(l *Loop), sources ...Settings) {
	w.t.Helper()
	l := New(Options{Store: w.watch, Log: silent(), Temp: w.path})
	if w.prepare != nil {
		w.prepare(l)
	}
	if err := l.Start(w.t.Context(), sources); err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	test(l)
	stop()
	if err := <-done; err != nil {
		w.t.Error(err)
	}
}

// S1.
func TestASourceWithoutStateIsPolledWithinTenSecondsAndThenAtItsInterval(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.running(func(*Loop) {
			time.Sleep(spread)
			if w.up.count() != 1 {
				t.Errorf("%d polls in the first ten seconds", w.up.count())
			}
			time.Sleep(10 * w.Every)
			if w.up.count() != 11 {
				t.Errorf("%d polls in ten intervals more", w.up.count()-1)
			}
		}, w.Settings)
	})
}

// S1: the time of the last poll survives, although polls that changed nothing commit nothing.
func TestARestartPollsWhenTheIntervalHasPassed(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Every = time.Hour
		w.up.set(`{"id":1}`)
		w.running(func(*Loop) { time.Sleep(time.Minute) }, w.Settings)
		polls, last := w.up.count(), time.Now()
		w.skip(57 * time.Minute)
		w.running(func(*Loop) {
			time.Sleep(time.Minute)
			if w.up.count() != polls {
				t.Errorf("polled after %s", time.Since(last))
			}
			time.Sleep(2 * time.Minute)
			if w.up.count() != polls+1 {
				t.Errorf("%d polls when the interval had passed", w.up.count()-polls)
			}
		}, w.Settings)
	})
}

// P11.
func TestPollsOfOneSourceNeverOverlapAndSlowOnesSkipTicks(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Timeout = 10 * time.Minute
		w.up.slow(150 * time.Second)
		w.running(func(l *Loop) {
			time.Sleep(time.Hour)
			if _, most := w.up.polled(); most != 1 {
				t.Errorf("%d polls at once", most)
			}
			if w.up.count() < 19 || w.up.count() > 21 {
				t.Errorf("%d polls of 2.5 minutes in an hour of ticks each minute, want one in 3 minutes", w.up.count())
			}
		}, w.Settings)
	})
}

// P11.
func TestAPollPastItsTimeoutFailsAndTheNextTickRuns(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.slow(time.Hour)
		w.running(func(l *Loop) {
			report, err := l.Poll(w.t.Context(), w.Name, nil)
			if err != nil || report.Err == nil || report.Took != w.Timeout {
				t.Errorf("%v, %+v", err, report)
			}
			want := `poll source "shop": the poll took longer than its timeout of 30s: context deadline exceeded`
			if report.Err.Error() != want {
				t.Errorf("error %q", report.Err)
			}
			w.up.slow(0)
			time.Sleep(2 * w.Every)
			status, _ := l.Sources(w.t.Context())
			if status[0].Memory.Failures != 0 || status[0].Memory.Baseline.IsZero() {
				t.Errorf("the next ticks did not poll: %+v", status[0])
			}
		}, w.Settings)
	})
}

// S4.
func TestTheServersWordPutsTheNextPollOff(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.wait = 10 * time.Minute
		w.running(func(*Loop) {
			time.Sleep(spread + 9*time.Minute)
			if w.up.count() != 1 {
				t.Errorf("%d polls although the server asked for patience", w.up.count())
			}
		}, w.Settings)
	})
}

func TestAPausedSourceIsNotPolledOverARestart(t *testing.T) {
	inBubble(t, func(w *world) {
		w.running(func(l *Loop) {
			time.Sleep(time.Minute)
			if err := l.Pause(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
		}, w.Settings)
		polls := w.up.count()
		w.reopen()
		w.running(func(l *Loop) {
			time.Sleep(time.Hour)
			if w.up.count() != polls {
				t.Error("a paused source was polled")
			}
			if err := l.Resume(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Minute)
			if w.up.count() == polls {
				t.Error("a resumed source was not polled")
			}
		}, w.Settings)
	})
}

func TestAReleaseSentWhileASourceIsHeldLetsTheNextPollPass(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Guard.MaxDeletes = amount(0)
		w.up.set(`{"id":1}`)
		w.running(func(l *Loop) {
			time.Sleep(time.Minute)
			w.up.set()
			time.Sleep(2 * time.Minute)
			w.wants()
			if err := l.Release(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Minute)
			w.wants(`shop.deleted 1 {"id":1}>`)
		}, w.Settings)
	})
}

func TestAResetSourceTakesABaselineAnew(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.running(func(l *Loop) {
			time.Sleep(time.Minute)
			if err := l.Reset(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			w.up.set(`{"id":2}`)
			time.Sleep(2 * time.Minute)
			w.wants()
			status, _ := l.Sources(w.t.Context())
			if status[0].Memory.Items != 1 {
				t.Errorf("%d items known", status[0].Memory.Items)
			}
		}, w.Settings)
	})
}

// P21: who heard that a source fails hears that it does no more, although it was reset meanwhile.
func TestASourceThatIsResetWhileItFailsStillRecovers(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.turn(errors.New("status 502"), 0)
		w.running(func(l *Loop) {
			time.Sleep(20 * time.Minute)
			if err := l.Reset(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
		}, w.Settings)
		w.up.turn(nil, 0)
		w.reopen()
		w.running(func(*Loop) { time.Sleep(20 * time.Minute) }, w.Settings)
		if said := fmt.Sprint(w.health()); said != "[source.failing source.recovered]" {
			t.Errorf("health events %s", said)
		}
	})
}

func TestRequestsAboutAnUnknownSourceOrAfterTheEndSaySo(t *testing.T) {
	inBubble(t, func(w *world) {
		var ended *Loop
		w.running(func(l *Loop) {
			ended = l
			if _, err := l.Poll(w.t.Context(), "nobody", nil); err == nil || err.Error() != `no such source: "nobody"` {
				t.Errorf("error %v", err)
			}
		})
		if _, err := ended.Sources(w.t.Context()); err != ErrStopped {
			t.Errorf("error %v", err)
		}
	})
}

// O3: only what changed restarts, and goes on from its state.
func TestANewConfigurationRestartsOnlyTheSourcesThatChanged(t *testing.T) {
	inBubble(t, func(w *world) {
		other := &upstream{coverage: bridge.Complete}
		second := w.Settings
		second.Name, second.Source = "other", other
		w.up.set(`{"id":1}`)
		w.running(func(l *Loop) {
			time.Sleep(time.Minute)
			polls := other.count()
			changed := w.Settings
			changed.Version, changed.Every = "2", 10*time.Second
			if err := l.Apply(w.t.Context(), []Settings{changed, second}); err != nil {
				t.Error(err)
			}
			w.up.set(`{"id":1}`, `{"id":2}`)
			time.Sleep(2 * time.Minute)
			w.wants(`shop.created 2 >{"id":2}`)
			if w.up.count() < 10 || other.count() != polls+2 {
				t.Errorf("%d polls of the changed source, %d of the other", w.up.count(), other.count()-polls)
			}
			if err := l.Apply(w.t.Context(), []Settings{second}); err != nil {
				t.Error(err)
			}
			polls = w.up.count()
			time.Sleep(time.Hour)
			if w.up.count() != polls {
				t.Error("a source that was taken out is still polled")
			}
		}, w.Settings, second)
	})
}

// S6.
func TestTenThousandSourcesAreAllPolledOnTime(t *testing.T) {
	inBubble(t, func(w *world) {
		const count = 10_000
		var all []Settings
		for i := range count {
			s := w.Settings
			s.Name = fmt.Sprintf("s%d", i)
			all = append(all, s)
		}
		w.running(func(*Loop) {
			time.Sleep(spread)
			synctest.Wait()
			if w.up.count() < count {
				t.Errorf("%d polls within the spread", w.up.count())
			}
			if _, most := w.up.polled(); most > DefaultAtOnce {
				t.Errorf("%d polls at once", most)
			}
			time.Sleep(w.Every)
			synctest.Wait()
			if w.up.count() != 2*count {
				t.Errorf("%d polls after one interval more", w.up.count())
			}
		}, all...)
	})
}

// slow makes polls from now on take so long.
func (u *upstream) slow(takes time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.takes = takes
}
