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
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			d.sweepOnce(ctx, now)
		}
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
