package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// The sink of the crash tests: how many attempts it makes at a time, and how many deliveries can be in flight
// in all, which are those that are attempted and those whose outcome is not yet synced to disk. The sink goes on
// while it is, with up to four times as many.
const (
	crashConcurrency = 4
	crashInFlight    = crashConcurrency + 4*crashConcurrency
)

// A crash is a daemon that is killed again and again, between APIs that change and a receiver that is flaky.
type crash struct {
	*live
	apis     []*crashAPI
	receiver *crashReceiver
	random   *rand.Rand
	polled   chan struct{} // a listing was read to its end
	sent     chan struct{} // a delivery arrived
	life     int
	lives    sync.WaitGroup // what goes on beside a life
}

// R1, P1, P2, P4, D2, D7: a real process is killed at random moments while its source changes and its
// receiver is flaky. The seed of a run that failed can be given in HOOKBRIDGE_TEST_SEED: it repeats what
// happens, though not to the microsecond when.
func TestKilledTwentyFiveTimesNothingIsLostAndNothingInvented(t *testing.T) {
	kills := 25
	if testing.Short() {
		kills = 5
	}
	c := newCrash(t)
	stop := c.changing(c.apis)
	for range kills {
		c.liveUntil(c.moment())
	}
	stop()
	c.drain()
	check := newCrashCheck(t, c.receiver.record())
	for _, api := range c.apis {
		check.source(api)
	}
	check.duplicates()
	t.Log(check.summary(kills))
}

func crashSeed(t *testing.T) uint64 {
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("HOOKBRIDGE_TEST_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", seed)
	return seed
}

func newCrash(t *testing.T) *crash {
	seed, secret := crashSeed(t), signature.NewSecret()
	c := &crash{
		random: rand.New(rand.NewPCG(seed, 1)),
		polled: make(chan struct{}, 1), sent: make(chan struct{}, 1),
	}
	listed := func() { crashSignal(c.polled) }
	c.apis = []*crashAPI{newCrashAPI("paged", 7, seed, listed), newCrashAPI("single", 0, seed, listed)}
	c.receiver = newCrashReceiver(t, secret, seed, func(crashAttempt) { crashSignal(c.sent) })
	config := []string{crashSink(liveServe(t, c.receiver.ServeHTTP), secret)}
	for _, api := range c.apis {
		config = append(config, crashSource(api.name, liveServe(t, api.ServeHTTP)))
	}
	c.live = newLive(t, strings.Join(config, ""))
	return c
}

func crashSink(url, secret string) string {
	return fmt.Sprintf(`
sink "webhook" "receiver" {
  url         = %q
  secret      = %q
  headers     = { X-Life = env("LIFE") }
  concurrency = %d
  retry {
    schedule = ["20ms", "50ms", %s]
  }
}
`, url, secret, crashConcurrency, strings.Repeat(`"100ms", `, 50))
}

func crashSource(name, url string) string {
	return fmt.Sprintf(`
source "http" %q {
  every   = "1s"
  url     = "%s/"
  items   = body.items
  key     = item.id
  initial = "emit"
  page "link" {}
  sinks   = [sink.receiver]
}
`, name, url)
}

func crashSignal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// changing lets the APIs change until it is told to stop.
func (l *live) changing(apis []*crashAPI) (stop func()) {
	ticker, done := time.NewTicker(5*time.Millisecond), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-ticker.C:
				apis[n%len(apis)].change()
			case <-done:
				return
			}
		}
	})
	return func() { ticker.Stop(); close(done); running.Wait() }
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

// liveUntil runs the daemon, polled over and over, until it is killed at a moment.
func (c *crash) liveUntil(moment func()) {
	c.begin()
	moment()
	c.kill()
	c.lives.Wait()
}

// begin starts the next life.
func (c *crash) begin() {
	c.life++
	c.start("LIFE=" + strconv.Itoa(c.life))
	ready, ended := c.ready, c.ended
	for _, api := range c.apis {
		c.lives.Go(func() {
			select {
			case <-ready:
				c.pollOn(api, ended)
			case <-ended:
			}
		})
	}
}

// pollOn polls until the daemon is gone, and writes into the ledger what the daemon said that it kept.
func (c *crash) pollOn(api *crashAPI, ended <-chan struct{}) {
	ctx, cancel := context.WithTimeout(c.Context(), liveWait)
	defer cancel()
	client := c.client()
	for {
		report, err := client.Poll(ctx, api.name)
		if err == nil && report.Hold != nil {
			c.Errorf("%s is held: %s", api.name, report.Hold.Reason)
		}
		if err == nil && report.Error == "" {
			api.commit(report.Started)
		}
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// drain runs the daemon once more, with a calm receiver and calm APIs, until nothing is left to be sent.
func (c *crash) drain() {
	c.receiver.soothe()
	c.life++
	c.mustStart("LIFE=" + strconv.Itoa(c.life))
	for _, api := range c.apis {
		api.soothe()
		api.commit(c.poll(api.name).Started)
	}
	c.untilSent()
	c.stop()
}

// untilSent waits until nothing is pending at the sink "receiver", and checks that nothing was given up.
func (l *live) untilSent() {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), liveWait)
	defer cancel()
	client, look := l.client(), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for {
		status, err := client.Status(ctx)
		if err != nil {
			l.Fatalf("status: %v", err)
		}
		queue := status.Queue["receiver"]
		if queue.Dead > 0 {
			l.Fatalf("%d dead letters", queue.Dead)
		}
		if queue.Pending == 0 {
			return
		}
		<-look.C
	}
}
