package poll

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/calendar"
	"github.com/hookbridge/hookbridge/bridge/store"
)

func cronOf(t *testing.T, text, zone string) *calendar.Cron {
	t.Helper()
	in, err := calendar.Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.ParseCron(text, in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// until lets fake time pass up to an instant.
func until(t *testing.T, zone, text string) {
	t.Helper()
	in, err := calendar.Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, in)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(at))
	synctest.Wait()
}

// at lists when the polls so far began, by the clock of a zone.
func (u *upstream) at(zone, layout string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	in, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	var all []string
	for _, began := range u.began {
		all = append(all, began.In(in).Format(layout))
	}
	u.began = nil
	return strings.Join(all, " ")
}

// thin replaces the world's state by one in memory, which costs nothing while fake days pass.
func thin(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, up: (&upstream{}).set(`{"id":1}`), watch: &watchedStore{Sources: &memories{}}}
		w.Settings = Settings{Name: "shop", Version: "1", Source: w.up, Every: time.Minute, Timeout: 30 * time.Second}
		test(w)
	})
}

// S2: over both changes in two zones, a source polls at each tick of the clock, once.
func TestACronSourcePollsOnceForEachTickOverBothChangesOfTheClock(t *testing.T) {
	for _, test := range []struct{ zone, cron, from, to, want string }{
		{"Europe/Paris", "30 2 * * *", "2026-03-28 00:00:00", "2026-03-31 00:00:00", "28 02:30 29 03:00 30 02:30"},
		{"Europe/Paris", "30 2 * * *", "2026-10-24 00:00:00", "2026-10-27 00:00:00", "24 02:30 25 02:30 26 02:30"},
		{"America/New_York", "0,30 1-2 * * *", "2026-03-08 00:00:00", "2026-03-08 12:00:00", "08 01:00 08 01:30 08 03:00"},
		{
			"America/New_York", "0,30 1-2 * * *", "2026-11-01 00:00:00", "2026-11-01 12:00:00",
			"01 01:00 01 01:30 01 02:00 01 02:30",
		},
		{
			"America/New_York", "*/30 * * * *", "2026-11-01 00:45:00", "2026-11-01 02:15:00",
			"01 01:00 01 01:30 01 01:00 01 01:30 01 02:00",
		},
	} {
		t.Run(test.zone+" "+test.from, func(t *testing.T) {
			thin(t, func(w *world) {
				w.Cron = cronOf(t, test.cron, test.zone)
				until(t, test.zone, test.from)
				w.running(func(*Loop) {
					time.Sleep(spread) // the first poll of all
					w.up.at(test.zone, "")
					until(t, test.zone, test.to)
					if got := w.up.at(test.zone, "02 15:04"); got != test.want {
						t.Errorf("polled at %s, want %s", got, test.want)
					}
				}, w.Settings)
			})
		})
	}
}

// S1, S2: a restart waits for the next tick; one that was missed meanwhile is made up for, once and spread.
func TestACronSourceMakesUpForATickThatItMissedWhileItWasDown(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron = cronOf(t, "0 3 * * *", "UTC")
		until(t, "UTC", "2026-11-20 01:00:00")
		w.running(func(*Loop) { until(t, "UTC", "2026-11-20 04:00:00") }, w.Settings)
		if got := w.up.at("UTC", "02 15:04"); got != "20 01:00 20 03:00" {
			t.Fatalf("polled at %s", got)
		}
		w.running(func(*Loop) { until(t, "UTC", "2026-11-20 23:00:00") }, w.Settings)
		if got := w.up.at("UTC", "02 15:04"); got != "" {
			t.Errorf("nothing was missed, and it polled at %s", got)
		}
		until(t, "UTC", "2026-11-22 10:00:00")
		w.running(func(*Loop) { until(t, "UTC", "2026-11-23 04:00:00") }, w.Settings)
		if got := w.up.at("UTC", "02 15:04"); got != "22 10:00 23 03:00" {
			t.Errorf("two ticks were missed, and it polled at %s", got)
		}
	})
}

// P11: ticks that pass during a slow poll are left out.
func TestASlowPollOfACronSourceLeavesTicksOut(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron, w.Timeout = cronOf(t, "*/10 * * * *", "UTC"), time.Hour
		w.up.takes = 25 * time.Minute
		until(t, "UTC", "2026-11-20 01:05:00")
		w.running(func(*Loop) { until(t, "UTC", "2026-11-20 02:35:00") }, w.Settings)
		if got := w.up.at("UTC", "15:04"); got != "01:05 01:40 02:10" {
			t.Errorf("polled at %s", got)
		}
	})
}

// A poll that an operator asks for between two ticks is none of them.
func TestAPollOnRequestLeavesTheTicksAsTheyAre(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron = cronOf(t, "0 * * * *", "UTC")
		until(t, "UTC", "2026-11-20 01:05:00")
		w.running(func(l *Loop) {
			until(t, "UTC", "2026-11-20 01:59:58")
			if _, err := l.Poll(w.t.Context(), w.Name, nil); err != nil {
				t.Error(err)
			}
			until(t, "UTC", "2026-11-20 03:30:00")
		}, w.Settings)
		if got := w.up.at("UTC", "15:04"); got != "01:05 01:59 02:00 03:00" {
			t.Errorf("polled at %s", got)
		}
	})
}

// stepped runs a loop whose clock on the wall is off by what the function returns.
func (w *world) stepped(test func(l *Loop, step *atomic.Int64), sources ...Settings) {
	w.t.Helper()
	var step atomic.Int64
	w.prepare = func(l *Loop) {
		l.Wall = func() time.Time { return wallClock().Add(time.Duration(step.Load())) }
		l.clock = l.now()
		l.heeded = l.clock.mono
	}
	w.running(func(l *Loop) { test(l, &step) }, sources...)
}

// R9: an interval is one on the monotonic clock, whatever the clock on the wall does.
func TestAJumpOfTheClockNeitherStopsNorHastensAnInterval(t *testing.T) {
	thin(t, func(w *world) {
		w.stepped(func(_ *Loop, step *atomic.Int64) {
			time.Sleep(spread)
			for _, jump := range []time.Duration{48 * time.Hour, -96 * time.Hour, 365 * 24 * time.Hour} {
				step.Add(int64(jump))
				polls := w.up.count()
				time.Sleep(30 * time.Minute)
				if got := w.up.count() - polls; got != 30 {
					t.Errorf("%d polls in 30 minutes after a jump of %s", got, jump)
				}
			}
		}, w.Settings)
	})
}

// R9: a cron makes up for what a jump passed over with one poll, runs no tick again, and is not stopped.
func TestAJumpOfTheClockOverTicksOfACronIsOnePoll(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron = cronOf(t, "*/10 * * * *", "UTC")
		until(t, "UTC", "2026-11-20 01:05:00")
		w.stepped(func(_ *Loop, step *atomic.Int64) {
			until(t, "UTC", "2026-11-20 01:12:00")
			if got := w.up.at("UTC", "15:04"); got != "01:05 01:10" {
				t.Errorf("before: polled at %s", got)
			}
			step.Store(int64(time.Hour)) // the clock shows 02:12 now
			until(t, "UTC", "2026-11-20 01:31:00")
			if got := w.up.at("UTC", "15:04"); got != "01:12 01:20 01:30" && got != "01:13 01:20 01:30" {
				t.Errorf("forward: polled at %s", got)
			}
			step.Store(0) // it shows 01:31 again, and all up to 02:30 was polled
			until(t, "UTC", "2026-11-20 02:41:00")
			if got := w.up.at("UTC", "15:04"); got != "02:40" {
				t.Errorf("back: polled at %s", got)
			}
			step.Store(-int64(48 * time.Hour)) // it was wrong by far before: now its ticks count
			until(t, "UTC", "2026-11-20 03:01:00")
			if got := w.up.at("UTC", "15:04"); got != "02:50 03:00" {
				t.Errorf("far back: polled at %s", got)
			}
		}, w.Settings)
	})
}

// R9: state from a time that has not come yet stops nothing after a restart.
func TestAStateFromTheFutureStopsNoSource(t *testing.T) {
	for name, set := range map[string]func(*world){
		"interval": func(*world) {},
		"cron":     func(w *world) { w.Cron = cronOf(t, "0 3 1 1 *", "UTC") },
	} {
		t.Run(name, func(t *testing.T) {
			thin(t, func(w *world) {
				set(w)
				future := time.Now().Add(10 * 365 * 24 * time.Hour)
				memory := store.Memory{Polled: future, Baseline: future}
				if err := w.watch.Remember(w.t.Context(), map[string]store.Memory{w.Name: memory}); err != nil {
					t.Fatal(err)
				}
				w.running(func(*Loop) {
					time.Sleep(spread)
					synctest.Wait()
					if w.up.count() != 1 {
						t.Errorf("%d polls", w.up.count())
					}
				}, w.Settings)
			})
		})
	}
}

// What the server asked for before the clock was set back holds a day at most.
func TestAWaitFromTheFutureIsBounded(t *testing.T) {
	thin(t, func(w *world) {
		memory := store.Memory{NotBefore: time.Now().Add(10 * 365 * 24 * time.Hour)}
		if err := w.watch.Remember(w.t.Context(), map[string]store.Memory{w.Name: memory}); err != nil {
			t.Fatal(err)
		}
		w.running(func(*Loop) {
			time.Sleep(24*time.Hour + time.Minute)
			if w.up.count() == 0 {
				t.Error("it is not polled within a day")
			}
		}, w.Settings)
	})
}

// Windows: polls only inside, and the first of a window is spread.
func TestASourceWithWindowsIsPolledOnlyInside(t *testing.T) {
	thin(t, func(w *world) {
		paris, _ := calendar.Zone("Europe/Paris")
		var week calendar.Days
		if err := week.Add("mon-fri"); err != nil {
			t.Fatal(err)
		}
		w.Every = time.Hour
		w.Windows = calendar.Windows{{Days: week, From: 7 * time.Hour, To: 9*time.Hour + 30*time.Minute, Zone: paris}}
		until(t, "Europe/Paris", "2026-10-23 08:00:20") // a Friday, before the clocks change
		w.running(func(l *Loop) {
			until(t, "Europe/Paris", "2026-10-26 12:00:00")
			status, _ := l.Sources(w.t.Context())
			if opens := status[0].Due.In(paris).Format("02 15:04"); opens != "27 07:00" {
				t.Errorf("due at %s", opens)
			}
		}, w.Settings)
		if got := w.up.at("Europe/Paris", "02 15:04"); got != "23 08:00 23 09:00 26 07:00 26 08:00 26 09:00" {
			t.Errorf("polled at %s", got)
		}
	})
}

func TestAJumpOfTheClockMovesWhatWaitsForAWindow(t *testing.T) {
	thin(t, func(w *world) {
		utc, _ := calendar.Zone("UTC")
		w.Windows = calendar.Windows{{Days: calendar.EveryDay(), From: 12 * time.Hour, To: 13 * time.Hour, Zone: utc}}
		until(t, "UTC", "2026-11-20 08:00:00")
		w.stepped(func(_ *Loop, step *atomic.Int64) {
			time.Sleep(time.Hour)
			if w.up.count() != 0 {
				t.Error("polled outside of its window")
			}
			step.Store(int64(3 * time.Hour)) // the clock shows 12:00
			time.Sleep(2 * time.Minute)
			if w.up.count() == 0 {
				t.Error("not polled although the window is open")
			}
		}, w.Settings)
	})
}

// What an operator changes of a source between a tick and its poll, which jitter, a failure or the server puts
// off, costs no poll: of a cron it could be that of a whole day.
func TestAWishOfAnOperatorCostsNoTickThatIsPutOff(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron, w.Jitter = cronOf(t, "0 3 * * *", "UTC"), time.Hour
		until(t, "UTC", "2026-11-20 01:00:00")
		w.running(func(l *Loop) {
			until(t, "UTC", "2026-11-20 02:30:00")
			w.up.at("UTC", "")
			for range 120 {
				if err := l.Release(w.t.Context(), w.Name); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Minute)
			}
			if got := w.up.at("UTC", "02"); got != "20" {
				t.Errorf("polled on the days %q", got)
			}
		}, w.Settings)
	})
}

// A source that is paused over its tick waits for the next one, and one that is not paused for so long loses
// nothing.
func TestAResumedSourceIsPolledAtItsNextTick(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron, w.Jitter = cronOf(t, "0 3 * * *", "UTC"), time.Hour
		w.prepare = func(l *Loop) { l.Random = func() float64 { return 0.5 } } // neither before two, nor within the second
		until(t, "UTC", "2026-11-20 01:00:00")
		w.running(func(l *Loop) {
			pause := func(from, to string) {
				until(t, "UTC", from)
				if err := l.Pause(w.t.Context(), w.Name); err != nil {
					t.Error(err)
				}
				until(t, "UTC", to)
				if err := l.Resume(w.t.Context(), w.Name); err != nil {
					t.Error(err)
				}
			}
			until(t, "UTC", "2026-11-20 02:00:00")
			w.up.at("UTC", "")
			pause("2026-11-20 02:30:00", "2026-11-20 05:00:00")
			pause("2026-11-21 03:00:00", "2026-11-21 03:00:01")
			until(t, "UTC", "2026-11-22 02:30:00")
			if got := w.up.at("UTC", "02"); got != "21" {
				t.Errorf("polled on the days %q", got)
			}
		}, w.Settings)
	})
}

// R9: the ticks of a source that is paused move with the clock as well.
func TestAJumpOfTheClockMovesTheTicksOfAPausedSource(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron = cronOf(t, "0 3 * * *", "UTC")
		until(t, "UTC", "2026-11-20 01:00:00")
		w.stepped(func(l *Loop, step *atomic.Int64) {
			until(t, "UTC", "2026-11-20 02:00:00")
			if err := l.Pause(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			w.up.at("UTC", "")
			step.Store(-int64(5 * time.Hour)) // the clock shows 21:00 of the day before
			time.Sleep(2 * time.Minute)
			if err := l.Resume(w.t.Context(), w.Name); err != nil {
				t.Error(err)
			}
			until(t, "UTC", "2026-11-20 07:59:00")
			if got := w.up.at("UTC", "15:04"); got != "" {
				t.Errorf("polled at %s, when the clock was not there yet", got)
			}
			until(t, "UTC", "2026-11-20 08:01:00")
			if got := w.up.at("UTC", "15:04"); got != "08:00" {
				t.Errorf("polled at %q, and the clock showed three at 08:00", got)
			}
		}, w.Settings)
	})
}
