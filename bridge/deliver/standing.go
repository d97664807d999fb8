package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// ErrStopped is the answer to a request that a loop does not take any more.
var ErrStopped = errors.New("delivering has stopped")

// Status is where a sink stands.
type Status struct {
	store.Standing
	Broken bool      // its endpoint fails for everyone: only single attempts are made
	Until  time.Time // none before this, because the endpoint fails or asked for a pause; zero: at any time
	Flying int       // attempts under way

	// Trouble is why the last attempt failed, "" if it did not, or none was made since the start. It is no verdict on
	// the sink: that is Failing.
	Trouble string
}

// learn reads where the sink stands, once.
func (l *Loop) learn(ctx context.Context) {
	if l.learned || !l.claims.over() {
		return
	}
	standing, err := l.options.Store.Standing(ctx, l.sink.Name)
	if ctx.Err() == nil {
		l.claims.note(l.log, "read standing", err)
	}
	if err != nil {
		return
	}
	l.standing, l.learned = standing, true
	l.observe()
	if l.stands() {
		why, since := "paused", standing.Paused
		if !standing.Disabled.IsZero() {
			why, since = "disabled", standing.Disabled
		}
		l.log.Warn("sink stands still", why, since, "reason", standing.Reason, "ends_with", "hookbridge sink resume "+l.sink.Name)
	}
}

// stands reports whether nothing is to be attempted until an operator says so.
func (l *Loop) stands() bool { return !l.standing.Paused.IsZero() || !l.standing.Disabled.IsZero() }

// Pause stops delivering until [Loop.Resume], over restarts as well. Attempts under way are not cut off.
func (l *Loop) Pause(ctx context.Context) error {
	return l.change(ctx, func(s *store.Standing) {
		if s.Paused.IsZero() {
			s.Paused = time.Now()
		}
	})
}

// Resume goes on delivering after a pause, and to a receiver that asked for no more.
func (l *Loop) Resume(ctx context.Context) error {
	return l.change(ctx, func(s *store.Standing) { s.Paused, s.Disabled = time.Time{}, time.Time{} })
}

// Status returns where the sink stands.
func (l *Loop) Status(ctx context.Context) (status Status, err error) {
	err = l.ask(ctx, func(context.Context) error {
		status = l.status()
		return nil
	})
	return status, err
}

func (l *Loop) status() Status {
	s := Status{Standing: l.standing, Broken: l.gate.breaker.broken(), Flying: l.flying, Trouble: l.streak.reason}
	if opens := l.gate.opens(); opens.After(time.Now()) && (s.Broken || l.gate.hushed) {
		s.Until = opens
	}
	return s
}

// observe tells who listens where the sink stands now.
func (l *Loop) observe() {
	if l.options.Metrics != nil {
		l.options.Metrics.Stands(l.sink.Name, l.status())
	}
}

// change alters where the sink stands, durably, and then the loop accordingly: a gate that was shut for what was
// before is open again.
func (l *Loop) change(ctx context.Context, alter func(*store.Standing)) error {
	return l.ask(ctx, func(running context.Context) error {
		if !l.learned {
			return errors.New("the state does not say yet where the sink stands: try again")
		}
		l.settleNow(running)
		next := l.standing
		alter(&next)
		if err := l.options.Store.Stand(context.WithoutCancel(running), l.sink.Name, next, nil); err != nil {
			return err
		}
		l.standing, l.look = next, true
		l.gate.reset()
		l.observe()
		if l.stands() {
			return l.release(running)
		}
		return nil
	})
}

// settleNow ends the commit that runs and writes what it did not take along, so that no outcome that is older
// overwrites what is written next.
func (l *Loop) settleNow(ctx context.Context) {
	for l.settling > 0 || len(l.unsettled) > 0 && l.settles.over() {
		l.settle(ctx)
		l.settledWith(<-l.settled)
	}
}

// ask has the loop run a request, and waits for it.
func (l *Loop) ask(ctx context.Context, request func(context.Context) error) error {
	done := make(chan error, 1)
	select {
	case l.asked <- func(running context.Context) { done <- request(running) }:
		return <-done
	case <-l.stopped:
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
