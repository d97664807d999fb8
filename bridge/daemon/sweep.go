package daemon

import (
	"context"
	"time"
)

// sweepEvery is how often history that is too old is removed.
const sweepEvery = 10 * time.Minute

func (d *Daemon) sweep(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		d.tidy(ctx)
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			d.sweepOnce(ctx, now)
		}
	}
}

// tidy forgets what is kept of sources that have long been out of the configuration.
func (d *Daemon) tidy(ctx context.Context) {
	if err := d.polls.Tidy(ctx); err != nil && ctx.Err() == nil {
		d.options.Log.Warn("forget sources that are gone", "error", err)
	}
}

func (d *Daemon) sweepOnce(ctx context.Context, now time.Time) {
	removed, err := d.store.Sweep(ctx, now.Add(-d.config.Load().State.History))
	if err != nil && ctx.Err() == nil {
		d.options.Log.Warn("remove old events", "error", err)
	} else if removed > 0 {
		d.options.Log.Debug("removed old events", "events", removed)
	}
}
