package poll

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Status is where a source stands.
type Status struct {
	Name    string
	Kind    string
	Every   time.Duration // as it is now, where it adapts
	Cron    string        // the expression and its zone, in force instead; "" for none
	Due     time.Time     // when it is polled next; zero while it polls or is paused
	Polling bool
	Memory  store.Memory
	Blocked string // why no source is polled; "" where nothing keeps them from it
}

// Sources returns the status of every source, by name.
func (l *Loop) Sources(ctx context.Context) ([]Status, error) {
	var all []Status
	err := l.ask(ctx, func(context.Context) {
		l.cramped()
		for _, s := range l.sources {
			all = append(all, l.room.tell(s.status()))
		}
	})
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

func (s *source) status() Status {
	status := Status{Name: s.Name, Kind: s.Kind, Every: s.pace, Polling: s.cancel != nil, Memory: s.memory}
	if s.Cron != nil {
		status.Cron = s.Cron.String()
	}
	if s.place >= 0 {
		status.Due = s.due
	}
	return status
}

// Poll polls a source at once, or as soon as a poll under way has ended, and returns how that went. A poll
// that failed is in the report. The exchanges with the API go to trace, where that is not nil and the source tells
// them, from a goroutine of the poll: all of them before Poll returns, unless ctx ends first.
func (l *Loop) Poll(ctx context.Context, name string, trace func(bridge.Exchange)) (Report, error) {
	done := make(chan Report, 1)
	work := func(r *run, running context.Context) error {
		r.trace = trace
		return r.do(running)
	}
	err := l.with(ctx, name, func(running context.Context, s *source) error {
		l.begin(running, s, work, func(r *run) { done <- r.report })
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	select {
	case report := <-done:
		return report, nil
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
}

// Pause stops polling a source until Resume, over restarts as well.
func (l *Loop) Pause(ctx context.Context, name string) error {
	return l.change(ctx, name, func(m *store.Memory) { m.Paused = true })
}

// Resume ends a pause.
func (l *Loop) Resume(ctx context.Context, name string) error {
	return l.change(ctx, name, func(m *store.Memory) { m.Paused = false })
}

// Release lets the next good poll of a held source pass its guards.
func (l *Loop) Release(ctx context.Context, name string) error {
	return l.change(ctx, name, func(m *store.Memory) { m.Released = true })
}

// Rebaseline has the next good poll taken in as a baseline: all that it finds is known then, and nothing of it
// is sent, whatever the source says of its first poll.
func (l *Loop) Rebaseline(ctx context.Context, name string) error {
	return l.change(ctx, name, func(m *store.Memory) { m.Rebaseline, m.More = true, false })
}

// change alters what a source remembers, durably, and queues it accordingly.
func (l *Loop) change(ctx context.Context, name string, alter func(*store.Memory)) error {
	return l.with(ctx, name, func(running context.Context, s *source) error {
		memory := s.memory
		alter(&memory)
		if err := l.Store.Remember(running, map[string]store.Memory{name: memory}); err != nil {
			return fmt.Errorf("write source %q: %w", name, err)
		}
		s.memory = memory
		l.requeue(s)
		return nil
	})
}

// Reset forgets all that is kept of a source but its events, so that its next poll is a first one. That it fails,
// which was told, is not forgotten, since somebody waits to hear that it does no more.
func (l *Loop) Reset(ctx context.Context, name string) error {
	return l.with(ctx, name, func(running context.Context, s *source) error {
		if err := l.Store.Forget(running, name); err != nil {
			return fmt.Errorf("forget source %q: %w", name, err)
		}
		was := s.memory
		s.memory, s.dirty = store.Memory{Failures: was.Failures, Failing: was.Failing, Reason: was.Reason}, was.Failures > 0
		s.first(l.now())
		l.requeue(s)
		return nil
	})
}

// requeue queues a source as what changed of it demands. Where it is queued already it keeps its time, also one that
// was put off beyond its tick. One that is not, because it is paused, waits for its next tick once that time is over.
func (l *Loop) requeue(s *source) {
	waited := s.place >= 0
	l.queue.remove(s)
	if !waited && s.due.Before(time.Now()) {
		s.next(l.now())
	}
	l.queue.add(s)
}

// with runs do on a source that is not polling, waiting for a poll under way, and returns its error. The
// context that do gets is the loop's.
func (l *Loop) with(ctx context.Context, name string, do func(context.Context, *source) error) error {
	done := make(chan error, 1)
	err := l.ask(ctx, func(running context.Context) {
		l.whenFree(name, func(s *source) {
			if s == nil {
				done <- fmt.Errorf("%w: %q", ErrUnknown, name)
				return
			}
			done <- do(running, s)
		})
	})
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.stopped:
		return ErrStopped
	}
}

// whenFree runs do on a source that is not polling, nil where there is none of the name. One that is replaced
// meanwhile is not meant any more.
func (l *Loop) whenFree(name string, do func(*source)) {
	s := l.sources[name]
	if s == nil {
		do(nil)
		return
	}
	s.whenFree(func() {
		if s.removed || s.cancel != nil {
			l.whenFree(name, do)
			return
		}
		do(s)
	})
}

// ask has the loop's goroutine run a request, and waits for it.
func (l *Loop) ask(ctx context.Context, request func(context.Context)) error {
	done := make(chan struct{})
	select {
	case l.asked <- func(running context.Context) { defer close(done); request(running) }:
		<-done
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.stopped:
		return ErrStopped
	}
}
