package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// aliveWithin is how soon a loop that makes progress answers.
const aliveWithin = 5 * time.Second

// Sources returns the status of every source, by name.
func (d *Daemon) Sources(ctx context.Context) ([]poll.Status, error) { return d.polls.Sources(ctx) }

// Poll polls a source at once.
func (d *Daemon) Poll(ctx context.Context, source string, trace func(bridge.Exchange)) (poll.Report, error) {
	return d.polls.Poll(ctx, source, trace)
}

// Pause stops polling a source until Resume.
func (d *Daemon) Pause(ctx context.Context, source string) error { return d.polls.Pause(ctx, source) }

// Resume ends a pause.
func (d *Daemon) Resume(ctx context.Context, source string) error { return d.polls.Resume(ctx, source) }

// Release lets the next good poll of a held source pass its guards.
func (d *Daemon) Release(ctx context.Context, source string) error {
	return d.polls.Release(ctx, source)
}

// Rebaseline has the next good poll of a source taken in as a baseline.
func (d *Daemon) Rebaseline(ctx context.Context, source string) error {
	return d.polls.Rebaseline(ctx, source)
}

// Reset forgets all that is kept of a source but its events.
func (d *Daemon) Reset(ctx context.Context, source string) error { return d.polls.Reset(ctx, source) }

// Plan says what a poll would do now, under the configuration as it stands in its files: what would happen
// after a reload.
func (d *Daemon) Plan(ctx context.Context, source string, trace func(bridge.Exchange)) (poll.Plan, error) {
	c, err := load(d.options)
	if err != nil {
		return poll.Plan{}, err
	}
	settings, err := sourceOf(c, source)
	if err != nil {
		return poll.Plan{}, err
	}
	return d.polls.Plan(ctx, settings, trace)
}

// Sinks returns the sinks of the configuration in force, and where they stand.
func (d *Daemon) Sinks(ctx context.Context) ([]admin.Sink, error) { return d.sinks.list(ctx) }

// PauseSink stops delivering to a sink until it is resumed.
func (d *Daemon) PauseSink(ctx context.Context, sink string) error {
	return d.sinks.change(ctx, sink, (*deliver.Loop).Pause)
}

// ResumeSink goes on delivering to a sink that was paused or disabled.
func (d *Daemon) ResumeSink(ctx context.Context, sink string) error {
	return d.sinks.change(ctx, sink, (*deliver.Loop).Resume)
}

// Replay makes recorded events due at a sink again.
func (d *Daemon) Replay(ctx context.Context, ids []string, sink string) (int, error) {
	c := d.config.Load()
	for _, s := range c.Sinks {
		if s.Name == sink {
			return d.store.Redeliver(ctx, ids, sink, d.order(s))
		}
	}
	return 0, fmt.Errorf("sink %q: %w", sink, store.ErrNotFound)
}

// order returns what orders the deliveries of a sink.
func (d *Daemon) order(s deliver.Settings) func(bridge.Event) store.Hash {
	return func(e bridge.Event) store.Hash { return s.Order.Hash(d.store.Seed(), e.Source, e.Key) }
}

// History returns what is recorded.
func (d *Daemon) History() store.History { return d.store }

// Version returns the version that runs.
func (d *Daemon) Version() string { return d.options.Version }

// Metrics answers Prometheus.
func (d *Daemon) Metrics() http.Handler { return d.metrics.handler() }

// Ready reports whether the daemon polls and delivers.
func (d *Daemon) Ready() error {
	if !d.running.Load() {
		return errors.New("starting or stopping")
	}
	return d.room()
}

// Alive reports whether the loops make progress.
func (d *Daemon) Alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, aliveWithin, fmt.Errorf("no answer within %s", aliveWithin))
	defer cancel()
	if _, err := d.polls.Sources(ctx); err != nil {
		return fmt.Errorf("ask polling: %w", cmp.Or(context.Cause(ctx), err))
	}
	if err := d.sinks.alive(ctx); err != nil {
		return fmt.Errorf("ask delivering: %w", err)
	}
	if _, err := d.store.Queue(ctx); err != nil {
		return fmt.Errorf("ask state: %w", err)
	}
	return nil
}

// watched is Alive for the watchdog. It logs once that the loops stand still, before the service manager ends
// the process for it, and once that they go on.
func (d *Daemon) watched(ctx context.Context) error {
	err := d.Alive(ctx)
	switch {
	case err != nil && ctx.Err() == nil && !d.stuck:
		d.stuck = true
		d.options.Log.Error("no progress, the watchdog is not fed", "error", err)
	case err == nil && d.stuck:
		d.stuck = false
		d.options.Log.Info("progress again, the watchdog is fed")
	}
	return err
}

// serve answers operators until ctx ends.
func (d *Daemon) serve(ctx context.Context) error {
	return admin.Serve(ctx, d.admin, &d.door, d.options.Log)
}

// door is the operators' API under the token in force. One goroutine at a time changes the lock.
type door struct {
	api   atomic.Pointer[http.Handler]
	token setting.Secret
}

func (o *door) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*o.api.Load()).ServeHTTP(w, r) }

// lock makes this the token that requests need from now on.
func (o *door) lock(d *Daemon, token setting.Secret) {
	if o.api.Load() == nil || o.token != token {
		api := admin.New(d, token, d.options.Log, d.options.Admin...)
		o.token = token
		o.api.Store(&api)
	}
}
