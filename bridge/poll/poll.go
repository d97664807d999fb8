package poll

import (
	"context"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

// Run polls every source whenever it is due, until ctx ends. It then waits for the polls under way, which
// end early, and returns nil. Run is called once.
func (l *Loop) Run(ctx context.Context) error {
	defer close(l.stopped)
	timer, flush := time.NewTimer(0), time.NewTicker(rememberEvery)
	defer timer.Stop()
	defer flush.Stop()
	for {
		l.heedClock()
		l.start(ctx)
		timer.Reset(l.untilDue())
		select {
		case <-ctx.Done():
			return l.drain(ctx)
		case <-timer.C:
		case <-l.room.watch(l.running > 0):
			l.heedRoom()
		case r := <-l.ended:
			l.finish(r)
		case request := <-l.asked:
			request(ctx)
		case <-flush.C:
			l.remember(ctx)
			l.expect(ctx)
		}
	}
}

// do is one poll of one source: what the plugin lists is compared with what is known, what is absent is
// judged, the changes pass the guards, and are committed with their events. Nothing is written before the
// listing has ended well.
func (r *run) do(ctx context.Context) error {
	defer r.stage.close()
	if err := r.room(); err != nil {
		return err
	}
	if hold := r.holdRekeyed(); hold != nil {
		return r.hold(ctx, hold)
	}
	outcome, err := r.list(ctx)
	if err != nil {
		return err
	}
	crashpoint.Here(crashpoint.PollListed)
	if outcome.Coverage == bridge.Skipped {
		return r.skip(ctx, outcome)
	}
	if outcome.More { // what was read is kept, though time is up
		ctx = context.WithoutCancel(ctx)
	}
	if err := r.absent(ctx, outcome); err != nil {
		return err
	}
	hold, err := r.guard(ctx)
	if err != nil {
		return err
	}
	if hold != nil {
		return r.hold(ctx, hold)
	}
	return r.commit(ctx, outcome)
}
