package simulation

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	oneSeed   = flag.Uint64("seed", 0, "run this seed alone; with -v its whole trace is shown")
	manySeeds = flag.Int("seeds", 0, "run so many seeds; 0: a few")
	firstSeed = flag.Uint64("first", 1, "the first of the seeds")
	mostDays  = flag.Int("days", 60, "how many days of fake time a world lasts at most")
)

// large is the scale of worlds over a state in memory.
func large() scale {
	return scale{least: 6 * time.Hour, most: time.Duration(*mostDays) * 24 * time.Hour, polls: 120, hour: time.Hour}
}

// small is the scale of worlds over a real Badger: hours, since one that is open looks after itself every few
// milliseconds of fake time.
func small() scale {
	return scale{least: 10 * time.Minute, most: time.Hour, polls: 40, hour: 2 * time.Minute, real: true}
}

// R7, R9, and all that the oracle stands for: P1 to P14, P17, P18, P21, D2 to D8, D16, D22, S1 to S4, and the
// invariants 1 to 6.
func TestSimulation(t *testing.T) { simulate(t, large(), 8) }

// R7: the same over a real Badger.
func TestSimulationOverBadger(t *testing.T) { simulate(t, small(), 4) }

// simulate runs seeds, as many at a time as there are processors, and tells what they came to.
func simulate(t *testing.T, s scale, few int) {
	t.Helper()
	if *oneSeed != 0 {
		o := run(t, newPlan(*oneSeed, s), bent{})
		for _, l := range o.trace() {
			t.Log(l)
		}
		o.report(t)
		return
	}
	if *manySeeds > 0 {
		few = *manySeeds
	}
	sum, seeds := &sum{began: time.Now()}, make(chan uint64, few)
	for n := range uint64(few) {
		seeds <- *firstSeed + n
	}
	close(seeds)
	t.Run("seeds", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("some", func(t *testing.T) {
				t.Parallel()
				for seed := range seeds {
					o := run(t, newPlan(seed, s), bent{})
					o.report(t)
					sum.add(o)
				}
			})
		}
	})
	t.Log(sum)
}

// run runs a world in a bubble of its own, and judges it.
func run(t *testing.T, p *plan, b bent) (o *oracle) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p, b, dir)
		w.run()
		o = judge(w)
	})
	return o
}

// A sum is what many runs came to.
type sum struct {
	mu     sync.Mutex
	began  time.Time
	seeds  int
	wrong  int
	length time.Duration
	counts
}

func (s *sum) add(o *oracle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seeds++
	s.wrong += len(o.wrong)
	for _, l := range o.lives {
		s.length += l.end().Sub(l.began)
	}
	s.counts = s.plus(o.counts)
}

func (s *sum) String() string {
	c, took := s.counts, time.Since(s.began)
	return fmt.Sprintf("%d seeds in %s (%.1f a second), %.1f months lived: %d polls (%d good, %d held), %d events, "+
		"%d attempts, %d lives, %d kills, %d deeds of operators, %d jumps of the clock, %d violations",
		s.seeds, took.Round(time.Second), float64(s.seeds)/took.Seconds(), s.length.Hours()/24/30,
		c.polls, c.good, c.held, c.events, c.attempts, c.lives, c.kills, c.deeds, c.jumps, s.wrong)
}

// report fails the test where something was wrong.
func (o *oracle) report(t *testing.T) {
	t.Helper()
	if len(o.wrong) == 0 {
		return
	}
	var text strings.Builder
	for _, v := range o.wrong[:min(len(o.wrong), 3)] {
		fmt.Fprintf(&text, "\n%s  VIOLATION %s: %s %s: %s\n", v.at.UTC().Format(moments), v.kind, v.about, v.key, v.text)
	}
	for _, l := range o.wrong[0].around(o.trace(), 18, 7) {
		fmt.Fprintf(&text, "    %s\n", l)
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	t.Errorf("seed %d: %d violations\n%s\nrun it again: go test ./bridge/simulation -run '^%s$' -days %d -seed %d",
		o.plan.seed, len(o.wrong), text.String(), name, *mostDays, o.plan.seed)
}
