package poll

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// gaps returns the times between the polls so far.
func (u *upstream) gaps() []time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []time.Duration
	for i := 1; i < len(u.began); i++ {
		all = append(all, u.began[i].Sub(u.began[i-1]))
	}
	return all
}

// S3: later and later, by a jittered factor of two, never beyond the ceiling nor before the interval, for ever.
func TestASourceThatFailsIsPolledLaterAndLaterUpToACeilingAndForEver(t *testing.T) {
	thin(t, func(w *world) {
		w.up.fail = errors.New("status 502")
		w.running(func(*Loop) { time.Sleep(7 * 24 * time.Hour) }, w.Settings)
		gaps := w.up.gaps()
		for i, low := range []time.Duration{60, 96, 192, 384} {
			if low *= time.Second; gaps[i] < low || gaps[i] > low*3/2 {
				t.Errorf("after failure %d came a gap of %s, want from %s", i+1, gaps[i], low)
			}
		}
		jittered := map[time.Duration]bool{}
		for _, gap := range gaps[4:] {
			jittered[gap] = true
			if gap < longestBackoff*6/10 || gap > longestBackoff+time.Second {
				t.Errorf("later came a gap of %s", gap)
			}
		}
		if len(gaps) < 600 || len(jittered) < 500 {
			t.Errorf("%d polls in a week, %d different gaps", len(gaps), len(jittered))
		}
	})
}

// S3.
func TestTheFirstSuccessEndsTheBackoff(t *testing.T) {
	thin(t, func(w *world) {
		w.up.fail = errors.New("status 502")
		w.running(func(*Loop) {
			time.Sleep(time.Hour)
			w.up.turn(nil, 0)
			time.Sleep(longestBackoff)
			polls := w.up.count()
			time.Sleep(time.Hour)
			if got := w.up.count() - polls; got < 59 || got > 61 {
				t.Errorf("%d polls in the hour after", got)
			}
		}, w.Settings)
	})
}

// S3: what somebody must mend first is not asked for every minute.
func TestARefusedSourceStartsNearTheCeiling(t *testing.T) {
	thin(t, func(w *world) {
		w.up.fail = bridge.Refused(errors.New("status 401"))
		w.running(func(*Loop) { time.Sleep(2 * time.Hour) }, w.Settings)
		for i, gap := range w.up.gaps() {
			if gap < longestBackoff*6/10 || gap > longestBackoff+time.Second {
				t.Errorf("after failure %d came a gap of %s", i+1, gap)
			}
		}
	})
}

// S3: the server's word is a floor under the backoff, and over it.
func TestRetryAfterRaisesTheFloorOfTheBackoff(t *testing.T) {
	for wait, least := range map[time.Duration]time.Duration{time.Second: 12 * time.Minute, 40 * time.Minute: 40 * time.Minute} {
		thin(t, func(w *world) {
			w.up.fail = bridge.RetryAfter(bridge.Refused(errors.New("status 403")), wait)
			w.running(func(*Loop) { time.Sleep(3 * time.Hour) }, w.Settings)
			if gaps := w.up.gaps(); len(gaps) == 0 || gaps[0] < least || gaps[0] > max(least, longestBackoff)+time.Minute {
				t.Errorf("asked to wait for %s the gaps are %v", wait, gaps)
			}
		})
	}
}

// S3: an interval that is longer than the ceiling is the ceiling, and a cron keeps to its ticks then.
func TestNoFailureBringsAPollBeforeItsTime(t *testing.T) {
	for name, set := range map[string]func(*world){
		"every hour":  func(w *world) { w.Every = time.Hour },
		"at each day": func(w *world) { w.Every, w.Cron = time.Hour, cronOf(t, "0 3 * * *", "UTC") },
	} {
		t.Run(name, func(t *testing.T) {
			thin(t, func(w *world) {
				set(w)
				w.up.fail = errors.New("status 502")
				w.running(func(*Loop) { time.Sleep(10 * 24 * time.Hour) }, w.Settings)
				want := w.Every
				if w.Cron != nil {
					want = 24 * time.Hour
				}
				for i, gap := range w.up.gaps()[1:] {
					if (gap - want).Abs() > time.Second {
						t.Errorf("gap %d is %s", i, gap)
					}
				}
			})
		})
	}
}

// S3: a cron of every minute backs off as an interval of one does.
func TestAFailingCronSkipsTicks(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron = cronOf(t, "* * * * *", "UTC")
		w.up.fail = errors.New("status 502")
		w.running(func(*Loop) { time.Sleep(24 * time.Hour) }, w.Settings)
		if polls := w.up.count(); polls < 90 || polls > 170 {
			t.Errorf("%d polls in a day of failures", polls)
		}
	})
}

// S3: where a restart finds a source failing, it tries at once, and goes on with long waits.
func TestARestartTriesAFailingSourceOnceAndGoesOnBackingOff(t *testing.T) {
	thin(t, func(w *world) {
		w.up.fail = errors.New("status 502")
		w.running(func(*Loop) { time.Sleep(3 * time.Hour) }, w.Settings)
		polls := w.up.count()
		w.up.at("UTC", "")
		w.running(func(*Loop) {
			time.Sleep(spread)
			synctest.Wait()
			if got := w.up.count() - polls; got != 1 {
				t.Errorf("%d polls at the start", got)
			}
			time.Sleep(3 * time.Hour)
		}, w.Settings)
		if gaps := w.up.gaps(); gaps[0] < longestBackoff*6/10 {
			t.Errorf("the gap after the restart is %s", gaps[0])
		}
	})
}

// Adapt: shorter by half with each poll that finds a change, longer by a quarter with each that does not,
// within its bounds.
func TestTheIntervalFollowsTheChangesWithinItsBounds(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Every, w.Adapt = 4*time.Minute, Adapt{Min: time.Minute, Max: 10 * time.Minute}
		w.up.set(`{"id":1}`)
		w.running(func(*Loop) {
			time.Sleep(spread)
			for n := range 4 {
				synctest.Wait()
				w.up.set(fmt.Sprintf(`{"id":1,"n":%d}`, n))
				time.Sleep([]time.Duration{4, 2, 1, 1}[n] * time.Minute)
			}
			synctest.Wait()
			time.Sleep(2 * time.Hour)
		}, w.Settings)
		want := []time.Duration{240, 120, 60, 60, 60, 75}
		gaps := w.up.gaps()
		for i := range want {
			if gaps[i] != want[i]*time.Second {
				t.Errorf("gap %d is %s, want %s", i, gaps[i], want[i]*time.Second)
			}
		}
		if last := gaps[len(gaps)-1]; last != 10*time.Minute {
			t.Errorf("after a long idle time the gap is %s", last)
		}
	})
}
