package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

// reload is a request to take in the configuration anew.
type reload struct{ done chan error }

// Reload reads the configuration again and takes it in: only the sources and sinks that changed restart.
// One with mistakes changes nothing.
func (d *Daemon) Reload(ctx context.Context) error {
	request := reload{make(chan error, 1)}
	select {
	case d.reloads <- request:
		return <-request.done
	case <-ctx.Done():
		return ctx.Err()
	}
}

// heedReloads takes in new configurations, one at a time, as signals and operators ask.
func (d *Daemon) heedReloads(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.options.Reload:
			_ = d.reload(ctx) // it was logged, and nobody waits for it
		case request := <-d.reloads:
			request.done <- d.reload(ctx)
		}
	}
}

func (d *Daemon) reload(ctx context.Context) error {
	d.options.Notify.reloading()
	err := d.takeIn(ctx)
	c := d.config.Load()
	if err != nil {
		d.options.Log.Error("reload refused, all goes on as it was", "error", err)
		d.options.Notify.ready("reload refused; " + status(c))
		return err
	}
	crashpoint.Here(crashpoint.ReloadDone)
	d.accept(c)
	settleMemory()
	d.options.Log.Info("reloaded", "sources", len(c.Sources), "sinks", len(c.Sinks))
	d.options.Notify.ready(status(c))
	return nil
}

// takeIn does all that can fail first, and then the swap. Only the reading of what is known of the sources can
// fail then, before anything has changed; what a new source sends before its sink runs waits in the outbox.
func (d *Daemon) takeIn(ctx context.Context) error {
	next, err := load(d.options)
	if err != nil {
		return err
	}
	if err := fixed(d.config.Load(), next); err != nil {
		return err
	}
	crashpoint.Here(crashpoint.ReloadReady)
	if err := d.polls.Apply(ctx, next.Sources); err != nil {
		return err
	}
	crashpoint.Here(crashpoint.ReloadPolls)
	d.options.level(next)
	d.remind(next)
	d.door.lock(d, next.Admin.Token)
	d.config.Store(next)
	d.options.Config.Shared.Retain(next)
	d.metrics.configured(next)
	return d.sinks.apply(ctx, next.Sinks)
}

// remind tells of what changed and takes a restart, but is not worth a refusal.
func (d *Daemon) remind(next *config.Config) {
	if was := d.config.Load().Log.Format; was != next.Log.Format {
		d.options.Log.Warn("log.format changed: restart the daemon for that", "was", was, "now", next.Log.Format)
	}
}

// fixed refuses changes that a running daemon cannot make.
func fixed(was, next *config.Config) error {
	switch {
	case was.State.Path != next.State.Path:
		return fmt.Errorf("state.path is now %q: restart the daemon to move the state", next.State.Path)
	case was.State.Key != next.State.Key:
		return errors.New("state.encryption_key has changed: a state gets another key by a backup and a restore, not by a reload")
	case was.Admin.Listen != next.Admin.Listen:
		return fmt.Errorf("admin.listen is now %q: restart the daemon to listen there", next.Admin.Listen)
	}
	return nil
}
