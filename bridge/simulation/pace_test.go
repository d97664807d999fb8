package simulation

import (
	"cmp"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// A beat is one time at which a source was polled, or found not to be pollable.
type beat struct {
	at     time.Time
	over   time.Time
	source source
	life   int
	failed bool
	put    bool // off: its turn at the server had not come, or its listing goes on as soon as it may
}

// judgePace checks that no source is polled more often than it should be, and none is forgotten: S1 to S4.
func (o *oracle) judgePace(c *collection) {
	beats := o.beats(c)
	for n := range beats {
		if n > 0 && o.undisturbed(beats[n-1], beats[n].at) && beats[n-1].life == beats[n].life {
			o.judgeGap(beats[n-1], beats[n].at)
		}
		if n > 1 && o.undisturbed(beats[n-2], beats[n].at) && beats[n-2].life == beats[n].life {
			o.judgeBurst(beats[n-2], beats[n-1], beats[n])
		}
		if last := n == len(beats)-1 || beats[n+1].life != beats[n].life; last {
			if end := o.endOf(beats[n].life); o.undisturbed(beats[n], end) {
				o.judgeGap(beats[n], end)
			}
		}
	}
}

func (o *oracle) beats(c *collection) (all []beat) {
	for _, p := range o.polls {
		if p.source.collection == c && !p.last {
			b := beat{at: p.began, over: cmp.Or(p.reported, p.ended, p.began), source: p.source, life: p.life}
			if p.report != nil {
				b.failed, b.put = p.report.Err != nil, bridge.IsPutOff(p.report.Err) || p.more
			}
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b beat) int { return a.at.Compare(b.at) })
	return all
}

// endOf is when a life ended.
func (o *oracle) endOf(life int) time.Time {
	for _, l := range o.lives {
		if l.number == life {
			return l.end()
		}
	}
	return time.Time{}
}

// undisturbed reports whether nobody did anything between two instants that might change when a source is polled.
func (o *oracle) undisturbed(from beat, to time.Time) bool {
	return !slices.ContainsFunc(o.deeds, func(d done) bool { return !d.at.Before(from.at) && !d.at.After(to) }) &&
		!o.heldBack(from, to)
}

// heldBack reports whether the source is not polled because of its keys.
func (o *oracle) heldBack(from beat, to time.Time) bool {
	for _, r := range o.reports {
		if r.Source == from.source.name && !r.Started.Before(from.at) && !r.Started.After(to) {
			return true
		}
	}
	return false
}

// judgeGap checks that a source is polled again when it should be.
func (o *oracle) judgeGap(was beat, next time.Time) {
	s := was.source
	due := o.tick(was)
	if was.failed && !was.put {
		due = due.Add(max(s.every, 15*time.Minute)) // the ceiling of the backoff
	}
	due = due.Add(s.jitter + was.over.Sub(was.at) + s.timeout)
	if until := o.blocked(s.host, was.at, next); until.After(due) {
		due = until.Add(s.every + s.jitter)
	}
	if late := next.Sub(due); late > time.Minute {
		o.blame("late", s.name, "", next, "it was polled at %s, and not again until %s after it was due", was.at.UTC(), late)
	}
}

// tick is when a source is due after a poll.
func (o *oracle) tick(was beat) time.Time {
	s := was.source
	if s.cron == "" {
		return was.at.Add(s.every)
	}
	at := was.at
	for range 5 {
		if at = o.next(&s, at); at.Sub(was.at) > s.jitter {
			break
		}
	}
	return at.Add(time.Hour) // when the clocks change
}

// next is the first tick of a source's cron after an instant, by the clock on the wall as it is then.
func (o *oracle) next(s *source, after time.Time) time.Time {
	off := time.Duration(0)
	for _, d := range o.deeds {
		if !d.at.After(after) {
			off += d.jump
		}
	}
	return s.next(after.Add(off)).Add(-off)
}

// next is the first tick of the source's cron after an instant.
func (s *source) next(after time.Time) time.Time {
	zone, err := time.LoadLocation(s.zone)
	if err != nil {
		panic(err)
	}
	local := after.In(zone)
	hours := map[string][]int{"30 2 * * *": {2}, "0 */6 * * *": {0, 6, 12, 18}, "15 9 * * mon-fri": {9}}[s.cron]
	minute := map[string]int{"30 2 * * *": 30, "15 9 * * mon-fri": 15}[s.cron]
	for day := range 8 {
		for _, hour := range hours {
			at := time.Date(local.Year(), local.Month(), local.Day()+day, hour, minute, 0, 0, zone)
			free := s.cron == "15 9 * * mon-fri" && (at.Weekday() == time.Saturday || at.Weekday() == time.Sunday)
			at = settled(at, hour)
			if at.After(after) && !free {
				return at
			}
		}
	}
	panic("no tick within a week")
}

// settled makes a tick whose hour comes twice the first of the two, and one whose hour is left out the end of it.
func settled(at time.Time, hour int) time.Time {
	start, end := at.ZoneBounds()
	switch first := at.Add(-time.Hour); {
	case first.Format(time.TimeOnly) == at.Format(time.TimeOnly):
		return first
	case at.Hour() > hour:
		return start
	case at.Hour() < hour:
		return end
	}
	return at
}

// blocked is until when the server asked not to be asked, by what it said between two instants and before.
func (o *oracle) blocked(host string, from, to time.Time) (until time.Time) {
	for _, p := range o.polls {
		for _, e := range p.exchanges {
			if e.wait == 0 || p.source.host != host || e.at.After(to) {
				continue
			}
			if end := e.at.Add(min(e.wait, 24*time.Hour)); end.After(from) && end.After(until) {
				until = end
			}
		}
	}
	return until
}

// judgeBurst checks three polls in a row: one that was put off may be followed by the next one soon, but not by
// two.
func (o *oracle) judgeBurst(first, second, third beat) {
	s := first.source
	if first.put || second.put || third.put {
		return
	}
	least := s.every - s.jitter - time.Second
	if s.cron != "" {
		least = o.next(&s, first.at).Sub(first.at) - s.jitter - time.Hour
	}
	if span := third.at.Sub(first.at); span < least {
		o.blame("burst", s.name, "", third.at, "three polls within %s, the first at %s", span, first.at.UTC())
	}
}
