package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// The load of the soak test.
const (
	soakSources = 200
	soakAway    = 20 // of them, which come and go with each reload
	soakItems   = 8  // of a source
	soakRequest = 5 * time.Second
)

// A soak is a daemon under a load that does not end: sources that change, receivers that fail, and reloads.
type soak struct {
	*live
	api       *soakAPI
	receivers map[string]*soakReceiver
	blocks    []string // of sinks, with a place for the turn
	url       string   // of the API
	turn      int
	samples   []soakSample
}

// What the daemon takes stays flat while it works: memory, goroutines, file descriptors and, where the run is long
// enough for old history to be removed, the size of the state. It runs for as long as -soak says.
func TestSoakedInLoadTheDaemonTakesNoMoreAndMore(t *testing.T) {
	if runtime.GOOS != "linux" {
		lacks(t, "what a process takes is read from /proc")
	}
	span := flagOf[time.Duration](t, "soak")
	s := newSoak(t)
	s.mustStart()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	var beside sync.WaitGroup
	beside.Go(func() { s.reloads(ctx, min(span/3, 3*time.Minute)) })
	s.watch(ctx, max(span/240, 250*time.Millisecond))
	beside.Wait()
	s.drain()
	s.stop()
	s.judge(span)
}

func newSoak(t *testing.T) *soak {
	s := &soak{live: newLive(t, ""), api: newSoakAPI(), receivers: map[string]*soakReceiver{}}
	s.url = liveServe(t, s.api.ServeHTTP)
	for _, name := range []string{"good", "flaky", "slow", "falling"} {
		s.receivers[name] = newSoakReceiver(name)
		s.blocks = append(s.blocks, fmt.Sprintf(soakSink, name, liveServe(t, s.receivers[name].ServeHTTP), signature.NewSecret()))
	}
	s.configure()
	return s
}

const soakSink = `
sink "webhook" %q {
  url     = %q
  secret  = %q
  timeout = "5s"
  headers = { X-Turn = "TURN" }
  retry {
    schedule = ["200ms", "1s", "5s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s"]
  }
}
`

const soakSource = `
source "http" "s%d" {
  every   = %q
  url     = "%s/s%d"
  items   = body
  key     = item.id
  initial = "emit"
  sinks   = [sink.good, sink.%s]
}
`

// configure writes the configuration of a turn: one sink is another than before, and some sources are there or not.
func (s *soak) configure() {
	var config strings.Builder
	for i, block := range s.blocks {
		turn := (s.turn + len(s.blocks) - 1 - i) / len(s.blocks)
		config.WriteString(strings.Replace(block, "TURN", fmt.Sprint(turn), 1))
	}
	for n := range soakSources - s.turn%2*soakAway {
		other := []string{"flaky", "slow", "falling"}[n%3]
		_, _ = fmt.Fprintf(&config, soakSource, n, soakRequest, s.url, n, other)
	}
	s.live.configure(config.String(), `history = "1m"`)
}

// reloads takes in another configuration from time to time.
func (s *soak) reloads(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s.turn++
		s.configure()
		if err := s.client().Reload(s.Context()); err != nil {
			s.Errorf("reload: %v", err)
		}
	}
}

// drain ends all change and all failure, and checks that what is so now has arrived.
func (s *soak) drain() {
	s.api.soothe()
	for _, r := range s.receivers {
		r.soothe()
	}
	s.turn += s.turn % 2 // all sources are there
	s.configure()
	if err := s.client().Reload(s.Context()); err != nil {
		s.Errorf("reload: %v", err)
	}
	for name := range s.receivers { // none waits any more for an endpoint that failed for everyone
		if _, err := s.client().ResumeSink(s.Context(), name); err != nil {
			s.Errorf("resume: %v", err)
		}
	}
	for n := range soakSources {
		s.poll(fmt.Sprintf("s%d", n))
	}
	s.untilSent()
	told := s.receivers["good"].told()
	for n := range soakSources {
		for key, version := range s.api.versions(n) {
			if item := fmt.Sprintf("s%d/%s", n, key); told[item] != version {
				s.Errorf("%s: version %d was told at last, and it is %d", item, told[item], version)
			}
		}
	}
}
