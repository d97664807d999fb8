package simulation

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/deliver"
)

// D17: the sink that was asked to end cuts off what outlasts its grace, however long it takes it to end after that. What
// ended before counts.
func TestAnAttemptIsUncertainOnlyWhereTheEndOfItsSinkCutItOff(t *testing.T) {
	asked := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cut := asked.Add(deliver.DefaultGrace)
	q := &queue{oracle: &oracle{ledger: &ledger{}}}
	for name, c := range map[string]struct {
		done time.Time
		want bool
	}{
		"cut off":                {cut, true},
		"shortly before the cut": {cut.Add(-10 * time.Millisecond), false},
		"within the grace":       {asked.Add(time.Second), false},
		"before":                 {asked.Add(-time.Second), false},
	} {
		s := &stint{sink: sink{timeout: time.Minute}, asked: asked, until: cut.Add(5 * time.Millisecond)}
		a := &arrival{stint: s, left: asked.Add(-2 * time.Second), at: asked.Add(-2 * time.Second), done: c.done}
		if got := q.uncertain(a); got != c.want {
			t.Errorf("%s: uncertain is %t", name, got)
		}
	}
}

// D3, D17: the sink of this seed took more than two milliseconds to end after it had cut off an attempt, which once
// was counted for that.
func TestAnAttemptThatTheEndOfASinkCutOffDoesNotCount(t *testing.T) {
	s := large()
	s.most = 60 * 24 * time.Hour
	o := run(t, newPlan(40840, s), bent{})
	o.report(t)
	for _, a := range o.arrivals {
		over := a.stint.until.Sub(a.over())
		if !a.stint.killed && !a.answered && over > time.Millisecond && (&queue{oracle: o}).uncertain(a) {
			return
		}
	}
	t.Error("no attempt of this seed was cut off some time before its sink had ended")
}
