package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// A crash is a daemon that is killed again and again, between APIs that change and receivers that fail.
type crash struct {
	*live
	apis      []*crashAPI
	receivers []*crashReceiver
	secrets   map[string]string // by sink
	urls      map[string]string // of APIs and receivers, by name
	random    *rand.Rand
	polled    chan struct{} // a listing was read to its end
	sent      chan struct{} // a delivery arrived
	life      int
	turns     map[string]int // how often a source or a sink was changed
	lives     sync.WaitGroup // what goes on beside a life
	tally     crashTally
	branch    crashBranch // none, where nothing was restored
	files     string      // the directory of the sinks that append
}

// R1, P1, P2, P4, D2, D3, D5, D7, D12, O3: a real process is killed, at random moments and between any two things
// that it does, while its sources change and its receivers fail, its configuration is taken in anew and it is
// restarted in good order. It runs for as many kills as -kills says. The seed of a run that failed can be given as
// -seed: it repeats what happens, though not to the microsecond when.
func TestKilledAgainAndAgainNothingIsLostAndNothingInvented(t *testing.T) {
	c := newCrash(t)
	stop := c.changing()
	for want := crashKills(t); c.tally.kills < want; {
		c.liveOnce()
	}
	stop()
	c.drain()
	c.check()
}

func crashKills(t *testing.T) int {
	if testing.Short() {
		return 5
	}
	return flagOf[int](t, "kills")
}

func crashSeed(t *testing.T) uint64 {
	seed := flagOf[uint64](t, "seed")
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	return seed
}

// flagOf returns the value of a flag that TestMain has defined.
func flagOf[T any](t testing.TB, name string) T {
	t.Helper()
	value, ok := flag.Lookup(name).Value.(flag.Getter).Get().(T)
	if !ok {
		t.Fatalf("flag %s is of another type", name)
	}
	return value
}

func newCrash(t *testing.T) *crash {
	seed := crashSeed(t)
	c := &crash{
		random: rand.New(rand.NewPCG(seed, 1)), secrets: map[string]string{}, urls: map[string]string{}, turns: map[string]int{},
		polled: make(chan struct{}, 1), sent: make(chan struct{}, 1), tally: newCrashTally(),
	}
	for _, shape := range crashShapes() {
		api := newCrashAPI(shape, seed, func() { crashSignal(c.polled) })
		c.apis = append(c.apis, api)
		c.urls[shape.name] = liveServe(t, api.ServeHTTP)
	}
	for _, sink := range crashSinks() {
		c.secrets[sink.name] = signature.NewSecret()
		receiver := newCrashReceiver(t, sink, c.secrets[sink.name], seed, func() { crashSignal(c.sent) })
		c.receivers = append(c.receivers, receiver)
		c.urls[sink.name] = liveServe(t, receiver.ServeHTTP)
	}
	c.live = newLive(t, "")
	c.command[0], c.files = crashBinary(t), c.dir
	c.configure()
	return c
}

// The files of the sinks that append.
func (c *crash) audit() string { return filepath.Join(c.files, "audit.jsonl") }
func (c *crash) ops() string   { return filepath.Join(c.files, "ops.jsonl") }

// configure writes the configuration. What takes a turn differs from what it was before.
func (c *crash) configure() {
	blocks := []string{
		fmt.Sprintf("sink \"file\" \"audit\" {\n  path = %q\n}\n", c.audit()),
		fmt.Sprintf("sink \"file\" \"ops\" {\n  path = %q\n}\n", c.ops()),
	}
	for _, r := range c.receivers {
		blocks = append(blocks, r.config(c.urls[r.name], c.secrets[r.name], c.turns[r.name]))
	}
	for _, api := range c.apis {
		sinks := []string{"sink.audit"}
		for _, r := range c.receivers {
			if slices.Contains(r.sources, api.name) {
				sinks = append(sinks, "sink."+r.name)
			}
		}
		blocks = append(blocks, api.config(c.urls[api.name], strings.Join(sinks, ", "), c.turns[api.name]))
	}
	c.live.configure(strings.Join(blocks, ""))
}

// changing lets the APIs change until it is told to stop.
func (c *crash) changing() (stop func()) {
	ticker, done := time.NewTicker(5*time.Millisecond), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-ticker.C:
				if api := c.apis[n%len(c.apis)]; api.burst == 1 || n%100 < len(c.apis) {
					api.change()
				}
			case <-done:
				return
			}
		}
	})
	return func() { ticker.Stop(); close(done); running.Wait() }
}

func crashSignal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// begin starts the next life.
func (c *crash) begin(env ...string) {
	c.life++
	for _, r := range c.receivers {
		r.set(r.falls && c.random.IntN(3) == 0, false, false)
	}
	c.start(append(env, "LIFE="+strconv.Itoa(c.life))...)
	for _, api := range c.apis {
		c.beside(func() { c.pollOn(api) })
	}
	c.beside(c.operate)
}

// beside runs something from when the life of now is ready until it ends at the latest.
func (c *crash) beside(run func()) {
	ready, ended := c.ready, c.ended
	c.lives.Go(func() {
		select {
		case <-ready:
			run()
		case <-ended:
		}
	})
}

// each runs something over and over until the daemon is gone.
func (c *crash) each(pause time.Duration, run func(context.Context)) {
	ended := c.ended
	ctx, cancel := context.WithTimeout(c.Context(), liveWait)
	defer cancel()
	for {
		run(ctx)
		select {
		case <-ended:
			return
		case <-time.After(pause):
		}
	}
}

// pollOn polls, and writes into the ledger what the daemon said that it kept.
func (c *crash) pollOn(api *crashAPI) {
	client := c.client()
	c.each(api.pause, func(ctx context.Context) {
		report, err := client.Poll(ctx, api.name)
		if err == nil && report.Hold != nil {
			c.Errorf("%s is held: %s", api.name, report.Hold.Reason)
		}
		if err == nil {
			api.keep(report)
		}
	})
}

// operate lets the daemon go on delivering to receivers that asked for no more.
func (c *crash) operate() {
	client := c.client()
	c.each(50*time.Millisecond, func(ctx context.Context) {
		for _, r := range c.receivers {
			if sink, err := client.Sink(ctx, r.name); err == nil && sink.State == admin.SinkDisabled {
				r.askAgain(c.say(ctx, "sink", "resume", r.name))
			}
		}
	})
}

// reload has the daemon take in a configuration in which one source or one sink is another than before.
func (c *crash) reload() {
	names := slices.Sorted(maps.Keys(c.urls))
	c.turns[names[c.random.IntN(len(names))]]++
	c.configure()
	_ = c.process.Process.Signal(syscall.SIGHUP) // it may be dead by now
	c.tally.reloads++
}
