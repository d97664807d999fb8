package poll

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/hookbridge/hookbridge/bridge"
)

// Adapt lets the interval follow the source: each poll that finds a change halves it, down to Min, and each
// that finds none makes it longer by a quarter, up to Max. It starts at Every, and is not kept over restarts.
// The zero Adapt leaves it.
type Adapt struct {
	Min, Max time.Duration
}

// longestBackoff is the ceiling of a source whose interval is shorter.
const longestBackoff = 15 * time.Minute

// heed draws from a poll when the next one is to be: later and later while polls fail, and sooner or later as
// they find changes. One whose turn at its server had not come is due when it comes, which is no failure, and one
// whose listing goes on is due as soon as the server lets it.
func (s *source) heed(r *run, now moment) {
	s.turn = time.Time{}
	if bridge.IsPutOff(r.report.Err) {
		s.turn = r.memory.NotBefore
		return
	}
	if r.report.Err == nil {
		s.floor = time.Time{}
		if r.report.More && r.report.Hold == nil {
			s.turn = now.mono
			return
		}
		s.adapt(&r.report)
		return
	}
	interval := s.pace
	if s.Cron != nil {
		next := s.Cron.Next(now.wall)
		interval = max(s.Cron.Next(next).Sub(next), time.Minute)
	}
	if wait := s.backoff(r.memory.Failures, bridge.IsRefused(r.report.Err), interval); wait > interval {
		s.floor = r.started.Add(wait)
	}
}

// backoff returns how long after the start of a failed poll the next one begins at the earliest: after the
// first failure one interval, after each more about twice as long, with jitter, up to a ceiling, which is the
// interval or longestBackoff, whichever is longer. What was refused begins near the ceiling. It never ends.
func (s *source) backoff(failures int, refused bool, interval time.Duration) time.Duration {
	const jitter = 0.2
	ceiling := max(interval, longestBackoff)
	if failures <= 1 && !refused {
		return interval
	}
	initial := 2 * interval
	if refused {
		initial = ceiling
	}
	exponential := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(initial), backoff.WithMultiplier(2), backoff.WithRandomizationFactor(0),
		backoff.WithMaxInterval(time.Duration(float64(ceiling)/(1+jitter))), backoff.WithMaxElapsedTime(0),
	)
	wait := interval
	for range min(max(failures-1, 1), 32) { // by then it has long reached the ceiling
		wait = exponential.NextBackOff()
	}
	return min(max(s.random.Around(wait, jitter), interval), ceiling)
}

func (s *source) adapt(report *Report) {
	if s.Adapt == (Adapt{}) || report.Baseline || report.Hold != nil {
		return
	}
	if report.Created+report.Updated+report.Deleted > 0 {
		s.pace = max(s.pace/2, s.Adapt.Min)
	} else {
		s.pace = min(s.pace+s.pace/4, s.Adapt.Max)
	}
}
