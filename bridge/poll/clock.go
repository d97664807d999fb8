package poll

import "time"

// A moment is one instant by both clocks. Waiting is reckoned by mono, which never jumps, so that an interval
// stays one whatever is done to the clock on the wall; the calendar is read at wall.
type moment struct {
	mono time.Time // with its monotonic reading
	wall time.Time // without
}

// at returns when, by the clock that never jumps, the other one will show an instant.
func (m moment) at(wall time.Time) time.Time { return m.mono.Add(wall.Sub(m.wall)) }

// shown returns what the clock on the wall will show then.
func (m moment) shown(mono time.Time) time.Time { return m.wall.Add(mono.Sub(m.mono)) }

// wallClock is what the loop reads the calendar at.
func wallClock() time.Time { return time.Now().Round(0) }

func (l *Loop) now() moment { return moment{time.Now(), l.Wall()} }

// tolerated is how far the two clocks may drift apart before that counts as a jump.
const tolerated = time.Second

// heedClock finds out whether the clock on the wall has jumped, and then sets anew when the sources that go by
// it are due. Sources with an interval and no window do not. The loop looks at least once in rememberEvery.
func (l *Loop) heedClock() {
	now, since := l.now(), l.heeded
	l.heeded = now.mono
	if jump := l.clock.shown(now.mono).Sub(now.wall); jump.Abs() < tolerated {
		return
	}
	l.clock = now
	for _, s := range l.sources {
		if s.cancel == nil && (s.Cron != nil || len(s.Windows) > 0) { // paused or not
			l.queue.remove(s)
			s.retime(now, now.mono.Sub(since))
			l.queue.add(s)
		}
	}
}
