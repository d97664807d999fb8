package deliver_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/ramdisk"
)

// A crooked world has a clock on the wall that can be set, which state and loop go by.
type crooked struct {
	*testing.T
	off  atomic.Int64
	disk *ramdisk.Disk
	*ramdisk.Store
	sink *sinkFunc
	stop func() error
}

// onACrookedClock delivers to a sink whose attempts fail, with waits of a minute, an hour and five hours.
func onACrookedClock(t *testing.T, test func(*crooked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &crooked{T: t, sink: answering(503)}
		c.disk = ramdisk.New(1, c.wall)
		c.starts()
		test(c)
	})
}

func (c *crooked) wall() time.Time { return time.Now().Add(time.Duration(c.off.Load())) }

func (c *crooked) starts() {
	c.Store = c.disk.Open()
	s := settings(c.sink)
	s.Schedule = []time.Duration{time.Minute, time.Hour, 5 * time.Hour}
	c.stop = runOn(c.T, c.Store, s, c.wall)
}

func (c *crooked) restarts() {
	c.Helper()
	if err := c.stop(); err != nil {
		c.Fatal(err)
	}
	c.starts()
}

// jumps sets the clock on the wall.
func (c *crooked) jumps(by time.Duration) { c.off.Add(int64(by)) }

func (c *crooked) queues(key string) {
	c.Helper()
	e := event(key, 1)
	commit := store.Commit{Source: e.Source, Append: []store.Append{{Event: e, To: []store.Target{{Sink: "crm", Order: ordered(key)}}}}}
	if err := c.Commit(c.Context(), commit); err != nil {
		c.Fatal(err)
	}
	synctest.Wait()
}

// attempted checks how long before now the attempts of a key were, by a clock that never jumps.
func (c *crooked) attempted(key string, ago ...time.Duration) {
	c.Helper()
	var got []time.Duration
	for _, m := range c.sink.attempts() {
		if m.id == event(key, 1).ID {
			got = append(got, time.Since(m.at).Round(time.Minute))
		}
	}
	if len(got) != len(ago) {
		c.Errorf("%s: attempts %v ago, want %v", key, got, ago)
		return
	}
	for i := range got {
		if (got[i] - ago[i]).Abs() > time.Minute {
			c.Errorf("%s: attempts %v ago, want %v", key, got, ago)
		}
	}
}

// R9: nothing waits longer because the clock was set back, by whatever it was.
func TestAClockThatIsSetBackPutsNoAttemptOff(t *testing.T) {
	for _, by := range []time.Duration{5 * time.Minute, 24 * time.Hour, 365 * 24 * time.Hour} {
		onACrookedClock(t, func(c *crooked) {
			c.queues("a")
			time.Sleep(30 * time.Second)
			c.jumps(-by)
			c.queues("b")
			time.Sleep(10 * time.Minute)
			c.attempted("a", 10*time.Minute+30*time.Second, 9*time.Minute+30*time.Second)
			c.attempted("b", 10*time.Minute, 9*time.Minute)
			time.Sleep(time.Hour)
			c.attempted("b", 70*time.Minute, 69*time.Minute, 9*time.Minute)
			time.Sleep(5 * time.Hour)
			if got := len(c.sink.attempts()); got != 8 {
				t.Errorf("set back by %s: %d attempts of two deliveries, want 4 of each", by, got)
			}
		})
	}
}

// R9: a jump forward over what waits brings its next attempt, and no more than that; all attempts are made.
func TestAClockThatIsSetForwardBringsOneAttemptEarlyAndLeavesNoneOut(t *testing.T) {
	onACrookedClock(t, func(c *crooked) {
		c.queues("a")
		time.Sleep(10 * time.Minute) // two attempts
		c.jumps(48 * time.Hour)
		c.queues("b")
		time.Sleep(65 * time.Second)
		c.attempted("a", 11*time.Minute, 10*time.Minute, time.Minute)
		c.attempted("b", time.Minute, 0)
		time.Sleep(5*time.Hour + 30*time.Minute)
		c.attempted("a", 341*time.Minute, 340*time.Minute, 331*time.Minute, 31*time.Minute)
	})
}

// R9: a clock that was wrong for a while leaves nothing behind that waits for the wrong time.
func TestAClockThatWasAheadForAWhileLeavesNothingBehind(t *testing.T) {
	for name, again := range map[string]func(*crooked){"goes on": func(*crooked) {}, "restarts": (*crooked).restarts} {
		onACrookedClock(t, func(c *crooked) {
			c.jumps(365 * 24 * time.Hour)
			c.queues("a")
			time.Sleep(10 * time.Minute)
			c.jumps(-365 * 24 * time.Hour)
			again(c)
			c.queues("b")
			time.Sleep(70 * time.Minute)
			if name == "restarts" { // the wait of an hour began anew
				c.attempted("a", 80*time.Minute, 79*time.Minute, 10*time.Minute)
			} else {
				c.attempted("a", 80*time.Minute, 79*time.Minute, 19*time.Minute)
			}
			c.attempted("b", 70*time.Minute, 69*time.Minute, 9*time.Minute)
		})
	}
}

func runOn(t *testing.T, outbox store.Outbox, s deliver.Settings, wall func() time.Time) (stop func() error) {
	t.Helper()
	return runWith(t, s, deliver.Options{Store: outbox, Wall: wall}).stop
}
