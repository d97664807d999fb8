package poll

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// crowded is a source whose turn does not come for a while.
type crowded struct{ polls, free atomic.Int32 }

func (c *crowded) Poll(context.Context, bridge.Cursor, func(bridge.Item) error) (bridge.Outcome, error) {
	if c.polls.Add(1) > c.free.Load() {
		return bridge.Outcome{}, bridge.PutOff(errors.New("not yet"), time.Minute)
	}
	return bridge.Outcome{Coverage: bridge.Complete}, nil
}

// S4, S5: a poll whose turn at the server has not come is no failure, and comes again when its turn does, not
// an interval later.
func TestAPollThatIsPutOffComesAgainAtItsTurnAndIsNoFailure(t *testing.T) {
	inBubble(t, func(w *world) {
		source := &crowded{}
		w.Every, w.Source = 24*time.Hour, source
		w.running(func(l *Loop) {
			time.Sleep(spread + 4*time.Minute)
			if polls := source.polls.Load(); polls != 5 {
				t.Errorf("%d polls in four minutes", polls)
			}
			status, err := l.Sources(w.t.Context())
			if err != nil || status[0].Memory.Failures != 0 || !status[0].Memory.Baseline.IsZero() {
				t.Errorf("%v, %+v", err, status)
			}
			source.free.Store(100)
			time.Sleep(time.Minute)
			status, err = l.Sources(w.t.Context())
			if err != nil || source.polls.Load() != 6 || status[0].Memory.Baseline.IsZero() || time.Until(status[0].Due) < 23*time.Hour {
				t.Errorf("%v, %d polls, %+v", err, source.polls.Load(), status)
			}
			w.wants()
		}, w.Settings)
	})
}

// S5, R9: a jump of the clock on the wall takes nobody's turn away, though it sets anew when others are due.
func TestAJumpOfTheClockTakesNoTurnAway(t *testing.T) {
	thin(t, func(w *world) {
		source := &crowded{}
		w.Cron, w.Source = cronOf(t, "0 3 * * *", "UTC"), source
		until(t, "UTC", "2026-11-20 05:00:00")
		w.stepped(func(_ *Loop, step *atomic.Int64) {
			time.Sleep(spread)
			if polls := source.polls.Load(); polls != 1 {
				t.Errorf("%d polls", polls)
			}
			step.Store(int64(-time.Hour))
			time.Sleep(4 * time.Minute)
			if polls := source.polls.Load(); polls < 4 {
				t.Errorf("%d polls in the four minutes after", polls)
			}
		}, w.Settings)
	})
}
