package deliver

import "time"

// A clock says when deliveries are due. The instants at which they are were written by the clock on the wall,
// perhaps in another life of the program, and so it is that clock which counts: what fell due while the machine
// slept is due when it wakes. Where that clock goes back, this one does not: it goes on from where it was at the
// pace of the monotonic one, so that nothing waits longer than its schedule says. Where it jumps forward, what
// waits is attempted early, once; no attempt is left out.
type clock struct {
	wall  func() time.Time
	shown time.Time // what it showed last
	mono  time.Time // when that was, by the clock that never jumps
}

// now returns what it shows, without a monotonic reading.
func (c *clock) now() time.Time {
	wall, mono := c.wall().Round(0), time.Now()
	c.shown = c.shown.Add(mono.Sub(c.mono))
	if wall.After(c.shown) {
		c.shown = wall
	}
	c.mono = mono
	return c.shown
}
