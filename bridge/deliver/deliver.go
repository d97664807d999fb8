package deliver

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hookbridge/hookbridge/bridge/jitter"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// DefaultGrace is how long attempts in flight may go on after the program was asked to stop.
const DefaultGrace = 10 * time.Second

// Options are what a loop needs besides its sink's settings.
type Options struct {
	Store   store.Outbox
	Log     *slog.Logger  // nil is silent
	Metrics Observer      // nil observes nothing
	Grace   time.Duration // 0: DefaultGrace

	// What a simulation has of its own. Nil is the runtime's.
	Wall   func() time.Time // the clock on the wall
	Random jitter.Source
}

// An Observer hears of what a sink does. It is called by one goroutine per sink at a time.
type Observer interface {
	// Attempt is told of each attempt that counts the outcome, which is one of [Delivered], [Deferred] and
	// [Dead], for each of the deliveries in it, and how long it took.
	Attempt(sink, outcome string, took time.Duration)

	// Stands is told where the sink stands whenever that changes, and once at the start.
	Stands(sink string, status Status)
}

// The outcomes of an attempt.
const (
	Delivered = "delivered"
	Deferred  = "deferred"
	Dead      = "buried"
)

// A Loop delivers to one sink.
type Loop struct {
	sink    Settings
	options Options
	log     *slog.Logger
	streak  streak

	queue    []waiting // claimed, and not started
	flying   int       // attempts under way
	carried  int       // deliveries in them
	finished chan outcome
	look     bool      // something may be due
	next     time.Time // when the first delivery that was not due falls due
	clock    clock     // by which they do
	claims   failures  // of the store, in a row
	binds    failures
	size     sizes

	standing store.Standing // as it is kept, or will be with what is unsettled
	learned  bool           // it was read
	gate     gate
	asked    chan func(context.Context)
	stopped  chan struct{}

	unsettled []store.Settlement // outcomes that no commit took along so far
	decided   time.Time          // when the first of them came
	settling  int                // outcomes in the commit that is running
	settled   chan error
	settles   failures
	group     int // most outcomes that go into one commit

	turned atomic.Int64 // when the loop last came around, in unix nanoseconds
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	return o
}

// New makes the loop of one sink. It does nothing until [Loop.Run].
func New(sink Settings, options Options) *Loop {
	options = options.withDefaults()
	log, random := options.Log.With("sink", sink.Name), options.Random
	l := &Loop{
		sink: sink, options: options, log: log, streak: streak{log: log}, gate: newGate(sink.Rate, random),
		finished: make(chan outcome, sink.Concurrency),
		settled:  make(chan error, 1),
		asked:    make(chan func(context.Context)), stopped: make(chan struct{}),
		group: maxGroup, clock: clock{wall: options.Wall},
		claims: failures{random: random}, binds: failures{random: random}, settles: failures{random: random},
	}
	l.turned.Store(time.Now().UnixNano())
	return l
}

// Run delivers until ctx is done. Then no new attempt starts, those in flight may finish within the grace
// and are cut off after it, what was decided is settled, and everything else goes back to the store as it
// was. Run returns an error only where the last outcomes could not be written: their deliveries are still
// in the outbox and will be attempted again. It is called once, and leaves no goroutine behind. It does not
// close the sink.
func (l *Loop) Run(ctx context.Context) error {
	defer close(l.stopped)
	ready := l.options.Store.Ready(l.sink.Name)
	attempts, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	l.look = true
	for ctx.Err() == nil {
		l.turned.Store(time.Now().UnixNano())
		l.learn(ctx)
		l.claim(ctx)
		l.start(attempts)
		if !l.gathers(time.Now()) {
			l.settle(attempts)
		}
		l.wait(ctx, ready)
	}
	return l.finish(attempts, cut)
}

// Turned returns when the loop last came around, which it does at least every half minute as long as the store
// answers. It may be called at any time, by any goroutine.
func (l *Loop) Turned() time.Time { return time.Unix(0, l.turned.Load()) }

// start makes attempts of what is claimed, as many at a time and as fast as the sink allows.
func (l *Loop) start(ctx context.Context) {
	for l.flying < l.sink.Concurrency && !l.stands() && l.binds.over() && l.gate.admits(time.Now(), l.flying) {
		b, ok := l.form()
		if !ok {
			return
		}
		l.gate.count(time.Now())
		l.flying++
		l.carried += len(b.items)
		go func() { l.finished <- l.attempt(ctx, b) }()
	}
}

// wait returns when there is something to do: an attempt finished, a commit returned, something may be due,
// an operator asks, or it is over.
func (l *Loop) wait(ctx context.Context, ready <-chan struct{}) {
	timer := time.NewTimer(l.pause())
	defer timer.Stop()
	select {
	case o := <-l.finished:
		l.collect(o)
	case err := <-l.settled:
		l.settledWith(err)
	case <-ready:
		l.look = true
	case request := <-l.asked:
		request(ctx)
	case <-timer.C:
		l.look = true
	case <-ctx.Done():
	}
}
