package poll

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/jitter"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Options are what a loop needs from the program around it.
type Options struct {
	Store   store.Sources
	Log     *slog.Logger
	Temp    string       // for what a poll stages beyond memory; "" is the system's
	Observe func(Report) // called after each poll, by one goroutine at a time; nil: nobody listens
	AtOnce  int          // polls at a time; 0: DefaultAtOnce

	// Now is what polls take for the time in all that they note and send; nil is time.Now. Schedules go by the
	// clocks of the machine.
	Now func() time.Time

	Room func() error // why there is no room for what polls find; nil: there always is

	// What a simulation has of its own. Nil is the runtime's.
	Wall   func() time.Time // the clock on the wall, which the calendar is read at
	Random jitter.Source
}

func (o Options) clock() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}

// DefaultAtOnce bounds the polls under way, and with them the memory and the connections that they take.
const DefaultAtOnce = 64

// rememberEvery is how often the times of polls that changed nothing are written, all in one commit. A kill
// in between only means that a restart polls a little early.
const rememberEvery = time.Minute

// Errors of requests to a loop.
var (
	ErrUnknown = errors.New("no such source")
	ErrStopped = errors.New("polling has stopped")
)

// Loop polls any number of sources. One goroutine owns all of what it knows; each poll under way has one of
// its own. Requests are handed to the first, so that what it knows needs no lock.
type Loop struct {
	Options
	sources map[string]*source
	queue   queue
	running int
	room    room
	clock   moment    // when it was last right with the waiting of sources that go by the calendar
	heeded  time.Time // when that was last looked at
	ended   chan *run
	asked   chan func(context.Context)
	stopped chan struct{}

	settling sync.Mutex      // held while what the configuration names, or what is kept of the rest, changes
	named    map[string]bool // by the configuration; under settling
}

// New makes a loop without sources.
func New(o Options) *Loop {
	if o.AtOnce == 0 {
		o.AtOnce = DefaultAtOnce
	}
	if o.Wall == nil {
		o.Wall = wallClock
	}
	l := &Loop{
		Options: o, sources: map[string]*source{},
		ended: make(chan *run), asked: make(chan func(context.Context)), stopped: make(chan struct{}),
		room: room{ask: o.Room},
	}
	l.clock = l.now()
	l.heeded = l.clock.mono
	return l
}

// source is what the loop knows of one source. While cancel is not nil a poll is under way.
type source struct {
	*Settings
	memory    store.Memory
	comparer  *document.Comparer
	pace      time.Duration // the interval as it is now
	tick      time.Time     // on the grid of the interval, or of the cron
	planned   time.Time     // what tick is by the clock on the wall, for a cron
	ticked    time.Time     // the last such time that was polled
	floor     time.Time     // while polls fail: not before
	turn      time.Time     // while its turn at the server has not come: when it does
	due       time.Time     // the tick, put off by jitter, failures, the server, or a window
	place     int           // in the queue; -1: not queued
	cancel    context.CancelFunc
	after     []func()                      // what waits for the poll under way to end
	leaving   bool                          // it is removed as soon as the poll under way has ended,
	following *Settings                     // for these, or for nothing,
	add       func(*Settings, store.Memory) // by this
	removed   bool
	dirty     bool // the memory has newer times than the store
	random    jitter.Source
}

// whenFree runs do now, or when the poll under way has ended.
func (s *source) whenFree(do func()) {
	if s.cancel == nil {
		do()
		return
	}
	s.after = append(s.after, do)
}

// start begins the polls that are due, oldest first, as far as there is room.
func (l *Loop) start(ctx context.Context) {
	now := time.Now()
	if l.queue.due(now) && l.cramped() {
		return
	}
	for l.running < l.AtOnce && l.queue.due(now) && ctx.Err() == nil {
		l.begin(ctx, l.queue.take(), (*run).do, nil)
	}
}

// begin runs work as a poll of the source. It is no part of what the source remembers where ended is not nil,
// which then hears of its end.
func (l *Loop) begin(ctx context.Context, s *source, work func(*run, context.Context) error, ended func(*run)) {
	l.queue.remove(s)
	ctx, s.cancel = context.WithCancel(ctx)
	l.running++
	r := newRun(l.Options, s.Settings, s.comparer, s.memory)
	r.source, r.ended = s, ended
	go func() {
		r.close(ctx, work(r, ctx))
		r.giveBack()
		l.ended <- r
	}()
}

// finish takes in a poll that ended, queues its source anew, and does what waited for that.
func (l *Loop) finish(r *run) {
	s := r.source
	s.cancel()
	s.cancel = nil
	l.running--
	if !r.cut && !r.dry {
		s.memory, s.dirty = r.memory, true
		s.heed(r, l.now())
		l.tell(r)
	}
	l.waitForRoom(r)
	if r.ended != nil {
		r.ended(r)
	}
	s.next(l.now())
	l.queue.add(s)
	after := s.after
	s.after = nil
	for _, do := range after {
		do()
	}
}

func (l *Loop) tell(r *run) {
	r.tell(l.Log)
	if l.Observe != nil {
		l.Observe(r.report)
	}
}

// drain waits for the polls under way, whose context has ended, and writes what is left to write.
func (l *Loop) drain(ctx context.Context) error {
	for l.running > 0 {
		select {
		case r := <-l.ended:
			l.finish(r)
		case request := <-l.asked:
			request(ctx)
		}
	}
	l.remember(context.WithoutCancel(ctx))
	for _, s := range l.sources {
		l.close(s)
	}
	return nil
}

// remember writes the memories that only have newer times, all together.
func (l *Loop) remember(ctx context.Context) {
	fresh := map[string]store.Memory{}
	for name, s := range l.sources {
		if s.dirty && s.cancel == nil {
			fresh[name] = s.memory
		}
	}
	if len(fresh) == 0 {
		return
	}
	if err := l.Store.Remember(ctx, fresh); err != nil {
		l.Log.Warn("write times of polls", "error", err)
		return
	}
	for name := range fresh {
		l.sources[name].dirty = false
	}
}
