package deliver

import (
	"math"
	"time"

	"golang.org/x/time/rate"

	"github.com/hookbridge/hookbridge/bridge/jitter"
)

// A gate says when the next attempt may start, beside what the schedule of each delivery says. While it is
// shut nothing is attempted, so that nothing uses up its attempts.
type gate struct {
	rate    *rate.Limiter // nil: no bound
	breaker breaker
	until   time.Time // the receiver asked all to wait, or the rate is used up
	hushed  bool      // it is the receiver who asked
}

// newGate makes a gate for so many attempts a second, 0 for any number. A tenth of a second's worth may leave
// at once, because timers are no finer.
func newGate(perSecond float64, random jitter.Source) gate {
	g := gate{breaker: breaker{random: random}}
	if perSecond > 0 {
		g.rate = rate.NewLimiter(rate.Limit(perSecond), max(1, int(math.Floor(perSecond/10))))
	}
	return g
}

// admits reports whether an attempt may start now, beside those under way.
func (g *gate) admits(now time.Time, flying int) bool {
	if now.Before(g.until) || !g.breaker.admits(now, flying) {
		return false
	}
	if g.rate == nil {
		return true
	}
	g.hushed = false
	missing := 1 - g.rate.TokensAt(now)
	if missing <= 0 {
		return true
	}
	g.until = now.Add(time.Duration(math.Ceil(missing / float64(g.rate.Limit()) * float64(time.Second))))
	return false
}

// count takes note of an attempt that starts.
func (g *gate) count(now time.Time) {
	if g.rate != nil {
		g.rate.AllowN(now, 1)
	}
}

// opens returns when the gate may let an attempt through, the zero time where it may now.
func (g *gate) opens() time.Time {
	if g.breaker.until.After(g.until) {
		return g.breaker.until
	}
	return g.until
}

// hush shuts the gate for a while: the receiver asked for it.
func (g *gate) hush(now time.Time, wait time.Duration) {
	if until := now.Add(min(wait, maxHush)); until.After(g.until) {
		g.until, g.hushed = until, true
	}
}

// reset opens the gate.
func (g *gate) reset() {
	g.until, g.hushed, g.breaker = time.Time{}, false, breaker{random: g.breaker.random}
}

// maxHush bounds how long one answer of 429 holds up all deliveries to a sink: the delivery that got it waits as
// long as it says, and others may fare better by then.
const maxHush = time.Minute
