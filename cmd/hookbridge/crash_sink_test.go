package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A crashFate is what becomes of a request.
type crashFate uint8

const (
	crashTaken   crashFate = iota
	crashSlow              // taken, after a while
	crashCut               // taken, and the connection cut instead of an answer
	crashMute              // taken, and never answered
	crashHung              // not taken, and never answered
	crashRefused           // 500
	crashBusy              // 429, for a second
	crashGone              // 410
	crashPoison            // 422
)

// crashFates say how many of a thousand requests have a fate; the rest is taken.
type crashFates map[crashFate]int

func (f crashFates) draw(random *rand.Rand) crashFate {
	roll := random.IntN(1000)
	for fate := crashSlow; fate <= crashGone; fate++ {
		if roll -= f[fate]; roll < 0 {
			return fate
		}
	}
	return crashTaken
}

// A crashSink is a sink of the crash test, and how its receiver behaves.
type crashSink struct {
	name     string
	order    string
	attempts int // at a time
	sources  []string
	fates    crashFates
	timeout  string // "" is the default
	batch    int    // events that leave together, at most; 0: each on its own
	poison   int    // one in so many events is never taken, and buried
	falls    bool   // its receiver is down for a life now and then
}

// inFlight is how many deliveries can be in flight in all, which are those that are attempted and those whose
// outcome is not yet synced to disk. A sink goes on while it is, with up to four times as many.
func (s crashSink) inFlight() int { return 5 * s.attempts * max(s.batch, 1) }

// crashTries is after how many attempts a sink with poison buries an event.
const crashTries = 3

func crashSinks() []crashSink {
	all := []string{"paged", "single", "since", "newest", "large"}
	return []crashSink{
		{
			name: "all", order: "key", attempts: 4, sources: all,
			fates: crashFates{crashSlow: 40, crashRefused: 160, crashCut: 50},
		},
		{
			name: "strict", order: "strict", attempts: 4, sources: all[:1],
			fates: crashFates{crashSlow: 20, crashRefused: 50, crashCut: 50},
		},
		{
			name: "unordered", order: "none", attempts: 8, sources: all[1:3],
			fates: crashFates{crashRefused: 80, crashCut: 30, crashMute: 4, crashHung: 4}, timeout: "2s",
		},
		{
			name: "leaving", order: "key", attempts: 4, sources: all[1:2],
			fates: crashFates{crashGone: 8, crashBusy: 10, crashCut: 20},
		},
		{
			name: "batched", order: "key", attempts: 2, sources: all[:3], batch: 6,
			fates: crashFates{crashSlow: 40, crashRefused: 150, crashCut: 80},
		},
		{name: "falling", order: "key", attempts: 4, sources: all[2:4], falls: true, fates: crashFates{crashSlow: 50}},
		{name: "poisoned", order: "key", attempts: 4, sources: all[:1], poison: 12, fates: crashFates{crashSlow: 50}},
	}
}

// config is the sink's block.
func (s crashSink) config(url, secret string, turn int) string {
	schedule, more := `"20ms", "50ms"`, "health = [sink.ops]"
	if s.poison == 0 {
		schedule, more = schedule+strings.Repeat(`, "100ms"`, 90), ""
	}
	if s.batch > 0 {
		more = fmt.Sprintf("batch {\n    max  = %d\n    wait = \"30ms\"\n  }", s.batch)
	}
	return fmt.Sprintf(`
sink "webhook" %q {
  url         = %q
  secret      = %q
  headers     = { X-Life = env("LIFE"), X-Turn = "%d" }
  concurrency = %d
  order       = %q
  timeout     = %q
  max_body    = "8MiB"
  retry {
    schedule = [%s]
  }
  %s
}
`, s.name, url, secret, turn, s.attempts, s.order, cmp.Or(s.timeout, "15s"), schedule, more)
}
