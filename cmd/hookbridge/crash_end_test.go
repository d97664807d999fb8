package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

// A crashTally counts what happened in a run.
type crashTally struct {
	kills   int          // by a signal, from within or from outside
	stopped map[int]bool // lives that ended in good order
	reloads int
	missed  int // a point was not reached in time
	points  map[crashpoint.Point]int
	deck    []crashEnd // endings that are still to come before any comes again
}

func newCrashTally() crashTally {
	return crashTally{points: map[crashpoint.Point]int{}, stopped: map[int]bool{}}
}

// A crashEnd is how a life ends: at a point, "" for a moment of chance, or in good order.
type crashEnd struct {
	point crashpoint.Point
	stop  bool
}

// draw returns how the next life ends. Each point comes once before any comes again.
func (c *crash) draw() crashEnd {
	deck := &c.tally.deck
	if len(*deck) == 0 {
		for _, point := range slices.Sorted(maps.Keys(crashPoints())) {
			*deck = append(*deck, crashEnd{point: point})
		}
		*deck = append(*deck, make([]crashEnd, len(*deck)/2)...)
		*deck = append(*deck, crashEnd{stop: true}, crashEnd{stop: true}, crashEnd{stop: true})
		c.random.Shuffle(len(*deck), func(i, j int) { (*deck)[i], (*deck)[j] = (*deck)[j], (*deck)[i] })
	}
	end := (*deck)[0]
	*deck = (*deck)[1:]
	return end
}

// liveOnce runs the daemon, polled over and over, until its life ends.
func (c *crash) liveOnce() {
	end := c.draw()
	switch {
	case end.stop:
		c.begin()
		c.liveAndStop()
	case end.point != "":
		c.liveUntilPoint(end.point)
	default:
		moment := c.moment()
		c.begin()
		if c.random.IntN(3) == 0 {
			c.beside(c.reload)
		}
		moment()
		c.killed()
	}
	c.lives.Wait()
}

// liveUntilPoint runs the daemon until it kills itself at a point.
func (c *crash) liveUntilPoint(point crashpoint.Point) {
	place := crashPoints()[point]
	pass := 1 + c.random.IntN(place.passes)
	c.begin(fmt.Sprintf("HOOKBRIDGE_CRASH_AT=%s:%d", point, pass))
	if place.act != nil {
		c.beside(func() {
			c.each(200*time.Millisecond, func(context.Context) { place.act(c) })
		})
	}
	select {
	case <-c.ended:
		c.tally.points[point]++
	case <-time.After(8 * time.Second):
		c.tally.missed++
	}
	c.killed()
}

// killed kills the daemon, unless it is dead already, and checks that it did not end by itself.
func (c *crash) killed() {
	c.kill()
	c.tally.kills++
	if status := c.process.ProcessState.ExitCode(); status != -1 {
		c.Fatalf("the daemon ended with status %d, and was not killed:\n%s", status, c.log.tail(10))
	}
}

// liveAndStop runs the daemon for a while, and restarts it in good order.
func (c *crash) liveAndStop() {
	select {
	case <-c.ready:
	case <-c.ended:
		c.Fatalf("the daemon ended at its start:\n%s", c.log.tail(10))
	}
	<-time.After(time.Duration(c.random.IntN(500)) * time.Millisecond)
	c.reload()
	<-time.After(time.Duration(c.random.IntN(500)) * time.Millisecond)
	c.stop()
	c.tally.stopped[c.life] = true
}

// moment picks when the next life ends: early, perhaps before it began; soon after a listing was read, while
// it is compared and committed; soon after a delivery arrived, while it is answered and settled.
func (c *crash) moment() func() {
	early := time.Duration(c.random.IntN(1000)) * time.Millisecond
	soon := time.Duration(c.random.IntN(4_000)) * time.Microsecond
	nth := 1 + c.random.IntN(20)
	api := c.apis[c.random.IntN(len(c.apis))]
	switch c.random.IntN(6) {
	case 0:
		return func() { <-time.After(early) }
	case 1, 2, 3:
		return func() {
			crashAfter(c.polled, nth, 0)
			crashAfter(api.poise(), 1, soon)
		}
	}
	return func() { crashAfter(c.sent, 3*nth, soon) }
}

// crashAfter returns soon after the nth signal from now on, or after a while without any.
func crashAfter(signals <-chan struct{}, nth int, soon time.Duration) {
	late := time.After(3 * time.Second)
	for range nth {
		select {
		case <-signals:
		case <-late:
			return
		}
	}
	<-time.After(soon)
}

// drain runs the daemon once more, with calm receivers and calm APIs, until nothing is left to be sent but what
// is poison.
func (c *crash) drain() {
	c.life++
	for _, r := range c.receivers {
		r.set(false, true, false)
	}
	c.mustStart(fmt.Sprintf("LIFE=%d", c.life))
	for _, api := range c.apis {
		api.soothe()
		api.keep(c.poll(api.name))
	}
	if out, err := c.say(c.Context(), "sink", "resume", "leaving"); err != nil {
		c.Errorf("resume: %v %s", err, out)
	}
	c.untilSent("poisoned")
}
