package deliver

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/hookbridge/hookbridge/bridge/jitter"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A breaker notices that an endpoint fails for everyone, and then lets single attempts through, to see whether
// it is back. It has a say only once several deliveries in a row have failed: a single one that fails follows
// its schedule and nothing else.
type breaker struct {
	failed  map[any]bool                // orders that failed since the last attempt that did not; bounded by breakAfter
	backoff *backoff.ExponentialBackOff // nil: closed
	until   time.Time                   // when the next attempt may go, while it is not closed
	random  jitter.Source
}

const (
	// breakAfter is how many different orders must fail, with no attempt in between that did not.
	breakAfter = 5

	// The waits between single attempts. The longest bounds how long a receiver that is back goes unnoticed.
	firstProbe   = 5 * time.Second
	longestProbe = time.Minute
)

// admits reports whether an attempt may start: any while the breaker is closed; else one, if none is under way.
func (b *breaker) admits(now time.Time, flying int) bool {
	return b.backoff == nil || flying == 0 && !now.Before(b.until)
}

// broken reports whether the endpoint fails for everyone.
func (b *breaker) broken() bool { return b.backoff != nil }

// answered notes an attempt that showed the endpoint to be alive. It reports whether that ended a break.
func (b *breaker) answered() bool {
	ended := b.broken()
	*b = breaker{random: b.random}
	return ended
}

// failure notes an attempt that the endpoint failed. It reports whether that began a break.
func (b *breaker) failure(now time.Time, d store.Delivery) bool {
	b.note(d)
	if b.broken() {
		if !now.Before(b.until) {
			b.wait(now)
		}
		return false
	}
	if len(b.failed) < breakAfter {
		return false
	}
	b.backoff = backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstProbe), backoff.WithMultiplier(2), backoff.WithRandomizationFactor(0),
		backoff.WithMaxInterval(longestProbe), backoff.WithMaxElapsedTime(0),
	)
	b.wait(now)
	return true
}

// note counts what failed, until there is enough of it.
func (b *breaker) note(d store.Delivery) {
	if b.failed == nil {
		b.failed = map[any]bool{}
	}
	switch {
	case len(b.failed) >= breakAfter:
	case d.Order == store.Hash{}:
		b.failed[d.Number] = true
	default:
		b.failed[d.Order] = true
	}
}

// wait puts the next attempt off.
func (b *breaker) wait(now time.Time) {
	b.until = now.Add(b.random.Around(b.backoff.NextBackOff(), 0.2))
}
