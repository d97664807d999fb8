package deliver

import (
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Settings are what the core must know of a sink; the plugin holds the rest.
type Settings struct {
	Name        string
	Kind        string
	Version     string          // changes whenever anything in the sink's block, or a value it read, changes
	Sink        bridge.Sink     // the plugin
	Order       store.Order     // in which deliveries leave; for replays, the outbox keeps it
	Timeout     time.Duration   // of one attempt, from the dial to the last byte of the answer
	Concurrency int             // attempts at a time
	Rate        float64         // attempts a second, at most; 0: no bound
	Batch       Batch           // of events in one attempt; the plugin is a bridge.Batcher where it is not zero
	Schedule    []time.Duration // waits after the 1st, 2nd, … failed attempt; after one more the delivery is buried
	Jitter      float64         // share by which each wait is lengthened or shortened at random
	Health      []store.Recipient
}

// perAttempt is how many deliveries may leave in one attempt.
func (s *Settings) perAttempt() int { return max(s.Batch.Max, 1) }

// batcher returns the plugin of a sink that sends batches.
func (s *Settings) batcher() bridge.Batcher { return s.Sink.(bridge.Batcher) }

// The settings of a sink that names none. The schedule is the one that the Standard Webhooks specification
// recommends: ten attempts over three days.
const (
	DefaultTimeout     = 15 * time.Second
	DefaultConcurrency = 8
	DefaultJitter      = 0.2
)

// DefaultSchedule returns the waits between attempts of a sink that names none.
func DefaultSchedule() []time.Duration {
	return []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
}
