package deliver

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// MaxWait caps what a receiver may ask for with [bridge.RetryAfter]: a longer wait counts as this one, so
// that no answer can park a delivery for good.
const MaxWait = 24 * time.Hour

// verdicts say what becomes of the deliveries of a batch after an attempt: they all go the same way.
func (l *Loop) verdicts(o outcome) []store.Settlement {
	decided := l.verdict(o)
	decided.Attempt = &o.attempt
	if decided.State == store.Pending {
		decided.Due = l.clock.now().Add(l.backoff(o))
	}
	all := make([]store.Settlement, len(o.items))
	for i, w := range o.items {
		all[i] = decided
		all[i].Delivery = w.Delivery
	}
	return all
}

// verdict says what becomes of a delivery after an attempt: done, buried, or pending until its next one. A
// receiver that asks for no more leaves it pending, as the sink stands still from then on.
func (l *Loop) verdict(o outcome) (s store.Settlement) {
	switch {
	case o.err == nil:
		s.State = store.Done
	case bridge.IsGone(o.err):
		s.State = store.Pending
	case l.takesApart(o):
		s.State, s.Alone = store.Pending, true
	case bridge.IsPermanent(o.err):
		s.State, s.Reason = store.Buried, o.attempt.Error
	case o.made() > len(l.sink.Schedule):
		s.State, s.Reason = store.Buried, exhausted(o.made(), o.attempt.Error)
	}
	return s
}

// takesApart reports whether the deliveries of a batch go on one by one, so that the one among them that cannot
// be taken buries only itself: once the batch was refused, and before its last attempt.
func (l *Loop) takesApart(o outcome) bool {
	return o.Size > 1 && (o.refused() || o.made() >= len(l.sink.Schedule))
}

// made is the number of the attempt.
func (o outcome) made() int {
	made := 1
	for _, w := range o.items {
		made = max(made, w.Attempts+1)
	}
	return made
}

// refused reports whether an attempt failed for what was sent: the plugin could not make it, or a receiver that
// is well did not take it.
func (o outcome) refused() bool {
	switch o.attempt.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusGone:
		return false
	}
	return bridge.IsPermanent(o.err) || o.attempt.Status >= 400 && o.attempt.Status < 500
}

func exhausted(made int, last string) string {
	if made == 1 {
		return "1 attempt failed: " + last
	}
	return fmt.Sprintf("%d attempts failed, the last: %s", made, last)
}

// backoff is the wait after an attempt that failed: the schedule's, lengthened or shortened by up to the jitter,
// and no less than the receiver asked for. The parts of a batch that was refused go on at once, and so does, when
// an operator lets it, what a receiver asked for no more of.
func (l *Loop) backoff(o outcome) time.Duration {
	made := o.made()
	if bridge.IsGone(o.err) || o.Size > 1 && o.refused() || made > len(l.sink.Schedule) {
		return 0
	}
	scheduled := l.options.Random.Around(l.sink.Schedule[made-1], l.sink.Jitter)
	return max(scheduled, min(bridge.Wait(o.err), MaxWait))
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
