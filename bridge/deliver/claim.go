package deliver

import (
	"cmp"
	"context"
	"time"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// What is claimed ahead of its attempt is bounded, because the backlog lives on disk.
const (
	aheadFactor = 4        // times the sink's concurrency
	maxAhead    = 256      // deliveries
	maxBytes    = 32 << 20 // bytes of events, unless a single one is larger
	maxClaim    = 64       // deliveries in one claim
)

// Bounds of the time until the loop looks at the store again by itself: a signal that was lost costs no
// more than the longest, and a store that names a time in the past causes no busy loop.
const (
	longestPause  = 30 * time.Second
	shortestPause = 10 * time.Millisecond
)

// claim takes what is due from the store, until enough is held or nothing more is due.
func (l *Loop) claim(ctx context.Context) {
	for l.look && l.learned && !l.stands() && l.claims.over() && len(l.queue) < l.sink.Concurrency*l.sink.perAttempt() {
		limit := l.room()
		if limit <= 0 {
			return
		}
		claimed, next, err := l.options.Store.Claim(ctx, l.sink.Name, l.clock.now(), limit)
		if ctx.Err() == nil {
			l.claims.note(l.log, "claim deliveries", err)
		}
		if err != nil {
			return
		}
		l.look, l.next = len(claimed) == limit, next
		l.size.learn(claimed)
		now := time.Now()
		for _, d := range claimed {
			l.queue = append(l.queue, waiting{d, now})
			crashpoint.Here(crashpoint.DeliverClaimed)
		}
	}
}

// room is how many deliveries the next claim may take.
func (l *Loop) room() int {
	held := len(l.queue) + l.carried + len(l.unsettled) + l.settling
	most := (l.sink.Concurrency + min(aheadFactor*l.sink.Concurrency, maxAhead)) * l.sink.perAttempt()
	bytes := maxBytes - sizeOfAll(l.queue)
	room := min(most-held, maxClaim, bytes/l.size.estimate())
	if len(l.queue) == 0 && held < most {
		return max(room, 1)
	}
	return room
}

// pause is how long there is nothing to do unless something happens.
func (l *Loop) pause() time.Duration {
	pause := longestPause
	if !l.look && !l.next.IsZero() {
		pause = min(pause, l.next.Sub(l.clock.now()))
	}
	if !l.claims.over() {
		pause = min(pause, time.Until(l.claims.until))
	}
	if !l.settles.over() {
		pause = min(pause, time.Until(l.settles.until))
	}
	if len(l.queue) > 0 && l.flying < l.sink.Concurrency {
		pause = min(pause, l.untilStart())
	}
	pause = max(pause, shortestPause)
	if l.settling == 0 && l.gathers(time.Now()) {
		pause = min(pause, time.Until(l.decided.Add(gatherFor)))
	}
	return pause
}

// untilStart is how long what is claimed waits: for the gate, for the store, or for others to leave with.
func (l *Loop) untilStart() time.Duration {
	opens := l.gate.opens()
	if l.sink.Batch.Max > 0 && l.ripe().After(opens) {
		opens = l.ripe()
	}
	if l.binds.until.After(opens) {
		opens = l.binds.until
	}
	if l.stands() || opens.IsZero() {
		return longestPause
	}
	return time.Until(opens)
}

// sizes guesses how large the next events are from the last ones, since a claim is bounded by a count.
type sizes struct{ guess int }

// firstGuess is careful: small events double the claims until these are as large as they get.
const firstGuess = 8 << 20

func (s *sizes) estimate() int {
	return cmp.Or(s.guess, firstGuess)
}

// learn remembers the largest event, and forgets it by halves.
func (s *sizes) learn(claimed []store.Delivery) {
	if len(claimed) == 0 {
		return
	}
	largest := 1 << 10
	for _, d := range claimed {
		largest = max(largest, sizeOf(d))
	}
	s.guess = max(largest, s.estimate()/2)
}

func sizeOf(d store.Delivery) int {
	return len(d.Event.Before) + len(d.Event.After) + len(d.Event.Data)
}

func sizeOfAll(queue []waiting) int {
	total := 0
	for _, w := range queue {
		total += sizeOf(w.Delivery)
	}
	return total
}
