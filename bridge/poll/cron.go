package poll

import "time"

// setBack is how far the clock may go back with the ticks that were polled staying polled. Where it goes back
// farther, it was wrong before, and its ticks are taken as new ones: else the source would wait for years.
const setBack = 3 * time.Hour

// firstTick plans the next tick after a start. One that was missed while the program was down, or whose poll
// failed, is made up for once, within the spread; so is the first poll of all.
func (s *source) firstTick(now moment) {
	s.ticked = s.memory.Polled.Round(0)
	missed := s.ticked.Sub(now.wall) > setBack || !s.Cron.Next(s.ticked).After(now.wall)
	soon := s.tick
	s.plan(now, now.wall)
	if missed && soon.Before(s.tick) {
		s.tick, s.planned = soon, now.wall
	}
}

// nextTick plans the tick after the one that was polled. A poll that an operator asked for is none.
func (s *source) nextTick(now moment) {
	if !now.mono.Before(s.tick) {
		s.ticked = s.planned
	}
	s.plan(now, now.wall)
}

// plan waits for the first tick after an instant that was not polled yet.
func (s *source) plan(now moment, after time.Time) {
	if ahead := s.ticked.Sub(after); ahead > 0 && ahead <= setBack {
		after = s.ticked
	}
	s.planned = s.Cron.Next(after)
	if s.planned.IsZero() {
		s.planned = after.Add(never)
	}
	s.tick = now.at(s.planned)
}

// retime sets anew when a source is due that goes by the clock on the wall, after that has jumped, at some time
// within so long. Ticks that it jumped over are made up for by one poll, within the spread; ticks that come again
// are not polled again, and none is passed over that came between the jump and now.
func (s *source) retime(now moment, within time.Duration) {
	if s.Cron != nil {
		if s.planned.After(now.wall) {
			s.plan(now, now.wall.Add(-within))
		} else {
			s.tick = now.mono.Add(s.offset())
		}
	}
	s.putOff(now)
}
