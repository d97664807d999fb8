package poll

import (
	"hash/fnv"
	"time"

	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// spread is the longest that a first poll is put off, by a hash of the source's name, so that a start does
// not poll everything in one instant. What a window's opening lets go is spread as well.
const spread = 10 * time.Second

// first sets when a source is polled first after a start: with state, when the interval since its last good
// poll has passed, or at the next tick of its cron; without, or when that time is over, or in the middle of a
// listing, within the spread.
func (s *source) first(now moment) {
	s.pace, s.floor, s.turn = s.Every, time.Time{}, time.Time{}
	s.tick = now.mono.Add(s.offset())
	if s.memory.More && s.memory.Hold == nil {
		s.turn = s.tick
	}
	if s.Cron != nil {
		s.firstTick(now)
	} else if since := now.mono.Sub(s.memory.Polled); !s.memory.More && !s.memory.Polled.IsZero() && since >= 0 && since < s.Every {
		s.tick = now.mono.Add(s.Every - since)
	}
	s.putOff(now)
}

// next sets when a source is polled after a poll: on the grid of its interval, or at the next tick of its
// cron, with the ticks that a slow poll missed left out.
func (s *source) next(now moment) {
	if s.due.Sub(s.tick) >= s.pace && !now.mono.Before(s.due) {
		s.tick = s.due // put off by more than an interval, the next one is a whole one again
	}
	if s.Cron != nil {
		s.nextTick(now)
	} else if late := now.mono.Sub(s.tick); late >= 0 {
		s.tick = s.tick.Add((late/s.pace + 1) * s.pace)
	}
	s.putOff(now)
}

// putOff makes the tick due, later by the jitter, not before a failing source's backoff is over, not before
// the server asked for it, and only while a window is open.
func (s *source) putOff(now moment) {
	s.due = s.tick
	if !s.turn.IsZero() {
		s.due = s.turn // which may come before the next tick
		s.keepGrid()
	} else if s.Jitter > 0 {
		s.due = s.due.Add(s.random.UpTo(s.Jitter))
	}
	if s.due.Before(s.floor) {
		s.due = s.floor
	}
	// What was asked is bounded: after a restart with the clock set back it could be years away.
	if wait := min(s.memory.NotBefore.Sub(now.mono), retryafter.Longest); wait > s.due.Sub(now.mono) {
		s.due = now.mono.Add(wait)
	}
	s.awaitWindow(now)
}

// keepGrid passes over the ticks before a source's turn at its server: sources that wait for one server keep
// the places that spread them, and do not all ask in one instant from then on.
func (s *source) keepGrid() {
	if late := s.due.Sub(s.tick); s.Cron == nil && late >= s.pace {
		s.tick = s.tick.Add(late / s.pace * s.pace)
	}
}

// awaitWindow moves what is due outside of all windows to the next opening.
func (s *source) awaitWindow(now moment) {
	if len(s.Windows) == 0 {
		return
	}
	due := now.shown(s.due)
	if due.Before(now.wall) {
		due = now.wall // it is polled now, if at all
	}
	switch opens := s.Windows.Next(due); {
	case opens.IsZero():
		s.due = now.mono.Add(never)
	case opens.After(due):
		s.due = now.at(opens).Add(s.offset())
	}
}

// never is for what has no next time: it is looked for again then.
const never = 365 * 24 * time.Hour

// offset is the source's place in the spread.
func (s *source) offset() time.Duration { return offset(s.Name, min(spread, s.Every)) }

func offset(name string, within time.Duration) time.Duration {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name))
	return time.Duration(hash.Sum64() % uint64(within))
}
