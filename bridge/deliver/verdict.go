package deliver

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// MaxWait caps what a receiver may ask for with [bridge.RetryAfter]: a longer wait counts as this one, so
// that no answer can park a delivery for good.
const MaxWait = 24 * time.Hour

// verdict says what becomes of a delivery after an attempt: done, buried, or pending until its next one.
func (l *Loop) verdict(o outcome) store.Settlement {
	s := store.Settlement{Delivery: o.delivery, Attempt: &o.attempt}
	made := o.delivery.Attempts + 1
	switch {
	case o.err == nil:
		s.State = store.Done
	case bridge.IsPermanent(o.err):
		s.State, s.Reason = store.Buried, o.attempt.Error
	case made > len(l.sink.Schedule):
		s.State, s.Reason = store.Buried, exhausted(made, o.attempt.Error)
	default:
		s.State, s.Due = store.Pending, time.Now().Add(l.backoff(made, o.err))
	}
	return s
}

func exhausted(made int, last string) string {
	if made == 1 {
		return "1 attempt failed: " + last
	}
	return fmt.Sprintf("%d attempts failed, the last: %s", made, last)
}

// backoff is the wait after the attempt with the given number: the schedule's, lengthened or shortened by
// up to the jitter, and no less than the receiver asked for.
func (l *Loop) backoff(made int, err error) time.Duration {
	spread := 1 + l.sink.Jitter*(2*rand.Float64()-1)
	scheduled := time.Duration(float64(l.sink.Schedule[made-1]) * spread)
	return max(scheduled, min(bridge.Wait(err), MaxWait))
}

// nameOf names the outcome for metrics.
func nameOf(s store.Settlement) string {
	switch s.State {
	case store.Done:
		return Delivered
	case store.Pending:
		return Deferred
	}
	return Dead
}
