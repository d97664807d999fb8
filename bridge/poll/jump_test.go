package poll

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// R9: what the server asked for, and what failures demand, is waited for by the clock that does not jump.
func TestAJumpOfTheClockChangesNoWait(t *testing.T) {
	for name, set := range map[string]func(*world){
		"a server that asks for patience": func(w *world) { w.up.wait = 2 * time.Hour },
		"a refusal that asks for it": func(w *world) {
			w.up.fail = bridge.RetryAfter(errors.New("status 429"), 2*time.Hour)
		},
		"a long backoff": func(w *world) { w.Every, w.up.fail = 2*time.Hour, errors.New("status 502") },
		"a cron whose server asks for it": func(w *world) {
			w.Cron, w.up.wait = cronOf(t, "* * * * *", "UTC"), 2*time.Hour
		},
	} {
		for _, jump := range []time.Duration{5 * time.Minute, -5 * time.Minute, 36 * time.Hour, -36 * time.Hour} {
			t.Run(fmt.Sprint(name, " ", jump), func(t *testing.T) {
				thin(t, func(w *world) {
					set(w)
					w.stepped(func(_ *Loop, step *atomic.Int64) {
						time.Sleep(2 * time.Minute)
						polls := w.up.count()
						step.Add(int64(jump))
						time.Sleep(115 * time.Minute)
						if got := w.up.count() - polls; got != 0 {
							t.Errorf("%d polls before the wait was over", got)
						}
						time.Sleep(10 * time.Minute)
						if got := w.up.count() - polls; got != 1 {
							t.Errorf("%d polls when it was", got)
						}
					}, w.Settings)
				})
			})
		}
	}
}

// R9: the loop looks at the clock once a minute, and a tick may come between a jump and that look.
func TestATickBetweenAJumpAndItsNoticingIsPolled(t *testing.T) {
	thin(t, func(w *world) {
		w.Cron = cronOf(t, "*/10 * * * *", "UTC")
		until(t, "UTC", "2026-11-20 01:05:00")
		w.stepped(func(_ *Loop, step *atomic.Int64) {
			for turn := range 20 { // wherever in its minute the loop is
				time.Sleep(time.Hour + 3*time.Second)
				shown := time.Now().Add(time.Duration(step.Load()))
				tick := shown.Truncate(10 * time.Minute).Add(-24 * time.Hour)
				step.Add(int64(tick.Sub(shown) - 5*time.Second)) // five seconds before a tick, a day ago
				polls := w.up.count()
				time.Sleep(rememberEvery + spread + 5*time.Second)
				if got := w.up.count() - polls; got != 1 {
					t.Errorf("turn %d: %d polls of one tick", turn, got)
				}
			}
		}, w.Settings)
	})
}
