package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// sinks runs a delivery loop for each sink.
type sinks struct {
	store   store.Outbox
	log     *slog.Logger
	metrics deliver.Observer
	asked   chan func(context.Context)
	stopped chan struct{}
	running map[string]*sink
	ending  map[string]<-chan struct{} // closed when the loop that a sink had last is done
	all     sync.WaitGroup
}

// sink is one loop that runs.
type sink struct {
	deliver.Settings
	loop *deliver.Loop
	stop context.CancelFunc
	done chan struct{}
}

func newSinks(from store.Outbox, log *slog.Logger, metrics deliver.Observer) *sinks {
	return &sinks{
		store: from, log: log, metrics: metrics,
		running: map[string]*sink{}, ending: map[string]<-chan struct{}{},
		asked: make(chan func(context.Context)), stopped: make(chan struct{}),
	}
}

// run delivers to the sinks that are applied until ctx ends, and waits for their loops.
func (s *sinks) run(ctx context.Context) error {
	defer close(s.stopped)
	defer s.all.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case request := <-s.asked:
			request(ctx)
		}
	}
}

// apply makes these the sinks. Those whose Version stayed are left alone.
func (s *sinks) apply(ctx context.Context, next []deliver.Settings) error {
	return s.ask(ctx, func(running context.Context) { s.take(running, next) })
}

// list returns the sinks that run, by name, and where they stand.
func (s *sinks) list(ctx context.Context) ([]admin.Sink, error) {
	var all []admin.Sink
	for _, one := range s.now(ctx) {
		status, err := one.loop.Status(ctx)
		if err != nil && !errors.Is(err, deliver.ErrStopped) {
			return nil, fmt.Errorf("ask sink %q: %w", one.Name, err)
		}
		all = append(all, admin.SinkOf(one.Settings, status))
	}
	slices.SortFunc(all, func(a, b admin.Sink) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// change has the loop of a sink do something.
func (s *sinks) change(ctx context.Context, name string, do func(*deliver.Loop, context.Context) error) error {
	for _, one := range s.now(ctx) {
		if one.Name == name {
			return do(one.loop, ctx)
		}
	}
	return fmt.Errorf("sink %q: %w", name, store.ErrNotFound)
}

// now returns the sinks that run at this moment. None is known to run once delivering has stopped.
func (s *sinks) now(ctx context.Context) (all []*sink) {
	_ = s.ask(ctx, func(context.Context) { all = slices.Collect(maps.Values(s.running)) })
	return all
}

// alive returns an error where a loop has not come around for long.
func (s *sinks) alive(ctx context.Context) (err error) {
	asked := s.ask(ctx, func(context.Context) {
		for name, one := range s.running {
			if idle := time.Since(one.loop.Turned()); idle > stuckAfter {
				err = fmt.Errorf("delivery to sink %q stands still for %s", name, idle)
			}
		}
	})
	return errors.Join(asked, err)
}

// stuckAfter is how long a delivery loop, which looks around at least every half minute, may be silent.
const stuckAfter = 2 * time.Minute

// ask has the goroutine that owns the sinks run a request, and waits for it.
func (s *sinks) ask(ctx context.Context, request func(context.Context)) error {
	done := make(chan struct{})
	select {
	case s.asked <- func(running context.Context) { defer close(done); request(running) }:
		<-done
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.stopped:
		return errStopped
	}
}

var errStopped = errors.New("delivering has stopped")

func (s *sinks) take(ctx context.Context, next []deliver.Settings) {
	wanted := map[string]deliver.Settings{}
	for _, settings := range next {
		wanted[settings.Name] = settings
	}
	for name, old := range s.running {
		if wanted[name].Version != old.Version {
			old.stop()
			delete(s.running, name)
			s.ending[name] = old.done
		}
	}
	for name, settings := range wanted {
		if s.running[name] == nil {
			s.start(ctx, settings, s.ending[name])
			delete(s.ending, name)
		}
	}
}

// start runs the loop of a sink once before is closed or nil: two loops never deliver to one sink.
func (s *sinks) start(ctx context.Context, settings deliver.Settings, before <-chan struct{}) {
	ctx, stop := context.WithCancel(ctx)
	loop := deliver.New(settings, deliver.Options{Store: s.store, Log: s.log, Metrics: s.metrics})
	one := &sink{Settings: settings, loop: loop, stop: stop, done: make(chan struct{})}
	s.running[settings.Name] = one
	s.all.Go(func() {
		defer close(one.done)
		if before != nil {
			<-before
		}
		s.deliver(ctx, one)
	})
}

func (s *sinks) deliver(ctx context.Context, one *sink) {
	defer one.stop()
	if err := one.loop.Run(ctx); err != nil {
		s.log.Error("stop delivering", "sink", one.Name, "error", err)
	}
	if closer, ok := one.Sink.(io.Closer); ok {
		if err := closer.Close(); err != nil {
			s.log.Warn("close sink", "sink", one.Name, "error", err)
		}
	}
}
