package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lastTries bounds how often in a row the store may refuse the last outcomes.
const lastTries = 5

// finish lets attempts in flight end, cuts off those that outlast the grace, and leaves the store as if the
// loop had never claimed what it did not attempt.
func (l *Loop) finish(ctx context.Context, cut context.CancelCauseFunc) error {
	waiting := l.release(ctx)
	l.land(ctx, cut)
	rest := l.settleRest(ctx)
	return errors.Join(waiting, l.release(ctx), rest)
}

// release gives back what was claimed and not attempted, so that another loop may start on it at once.
func (l *Loop) release(ctx context.Context) error {
	if len(l.queue) == 0 {
		return nil
	}
	err := l.options.Store.Release(context.WithoutCancel(ctx), batch{items: l.queue}.deliveries())
	l.queue = nil
	if err != nil {
		return fmt.Errorf("release deliveries of sink %q: %w", l.sink.Name, err)
	}
	return nil
}

// land waits for the attempts in flight, and writes outcomes meanwhile.
func (l *Loop) land(ctx context.Context, cut context.CancelCauseFunc) {
	grace := time.AfterFunc(l.options.Grace, func() { cut(errCut) })
	defer grace.Stop()
	for l.flying > 0 || l.settling > 0 {
		l.settle(ctx)
		select {
		case o := <-l.finished:
			l.collect(o)
		case err := <-l.settled:
			l.settledWith(err)
		}
	}
}

// settleRest writes the outcomes that are left, and gives up on a store that goes on failing.
func (l *Loop) settleRest(ctx context.Context) error {
	l.settles = failures{random: l.options.Random}
	for len(l.unsettled) > 0 {
		if l.settles.count >= lastTries {
			return fmt.Errorf("settle deliveries of sink %q: %w", l.sink.Name, l.settles.last)
		}
		<-time.After(time.Until(l.settles.until))
		l.settle(ctx)
		l.settledWith(<-l.settled)
	}
	return nil
}
