// Package daemon builds the running program from a configuration: it opens the state, polls the sources,
// delivers to the sinks, answers operators, and takes in a new configuration while it runs.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

// Options are what a daemon needs from the program around it.
type Options struct {
	Path    string          // of the configuration: a file or a directory
	Read    *config.Reading // of Path; nil: it is read at the start
	Config  config.Options  // how it is read; Env is completed by the daemon
	Log     *slog.Logger
	Level   *slog.LevelVar // of Log, set from the configuration; nil leaves it
	Version string
	Admin   []admin.Option   // what the operators' API has besides
	Notify  Notifier         // the service manager; the zero Notifier is none
	Reload  <-chan os.Signal // each asks for a reload; nil: none comes
	Started func(address net.Addr)
}

// Daemon is a running hookbridge.
type Daemon struct {
	options Options
	secrets keep
	config  atomic.Pointer[config.Config] // in force
	store   *badger.Store
	polls   *poll.Loop
	sinks   *sinks
	metrics *metrics
	door    door
	admin   net.Listener // nil until the operators' address is taken
	reloads chan reload
	running atomic.Bool
	started time.Time
	stuck   bool // what the watchdog was told last; for watched alone
	full    atomic.Bool
}

// Run runs a daemon until ctx ends, and then lets it finish in good order. It returns an [*Invalid] for a
// configuration with mistakes; errors of the environment wrap those of packages store and admin.
func Run(ctx context.Context, o Options) error {
	d := newDaemon(o)
	return errors.Join(d.run(ctx, admin.Listen), d.close())
}

func newDaemon(o Options) *Daemon {
	o.share()
	d := &Daemon{options: o, reloads: make(chan reload), started: time.Now()}
	d.options.Config.Env.Keep, d.options.Config.Shared = &d.secrets, config.NewShared()
	d.options.Config.Env.Items = d.items
	return d
}

// run runs the parts together: when one fails, or ctx ends, all end. To be told to end while it starts is no error.
func (d *Daemon) run(ctx context.Context, listen listening) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := d.start(ctx, group, listen); ctx.Err() == nil {
			return err
		}
		return nil
	})
	err := group.Wait()
	if d.config.Load() != nil {
		d.options.Log.Info("stopped")
	}
	return err
}

// listening opens the address for operators, as [admin.Listen] does.
type listening func(address string) (net.Listener, error)

// start reads the configuration, opens the state, and starts all parts in group.
func (d *Daemon) start(ctx context.Context, group *errgroup.Group, listen listening) error {
	spareMemory(spareAtStart)
	read := d.options.Read
	if read == nil {
		read = config.Read(d.options.Path)
	}
	if err := d.headStart(ctx, group, read, listen); err != nil {
		return err
	}
	c, err := loadRead(d.options, read)
	if err == nil && d.store == nil {
		err = d.open(ctx, group, c)
	}
	if err == nil {
		err = d.build(ctx, c)
	}
	if err == nil && d.admin == nil {
		err = d.take(listen, c)
	}
	if err != nil {
		return err
	}
	return d.proceed(ctx, group)
}

// take takes the operators' address. Nobody is answered there yet.
func (d *Daemon) take(listen listening, c *config.Config) (err error) {
	if d.admin, err = listen(c.Admin.Listen); err != nil {
		return fmt.Errorf("listen for operators: %w", err)
	}
	return nil
}

// items yields what is known of a source to those that list for each of its items. The state is open before any
// of them polls.
func (d *Daemon) items(ctx context.Context, source string) iter.Seq2[bridge.Item, error] {
	return store.Items(ctx, d.store, source)
}

// open opens the state, and makes what stands on it alone. Nothing is delivered yet.
func (d *Daemon) open(ctx context.Context, group *errgroup.Group, c *config.Config) (err error) {
	if d.store, err = badger.Open(ctx, stateOptions(d.options, c.State)); err != nil {
		return err
	}
	d.secrets.open(d.store)
	d.metrics = newMetrics(ctx, d.store, d.options.Version)
	d.metrics.configured(c)
	d.sinks = newSinks(d.store, d.options.Log, d.metrics)
	group.Go(func() error { return d.sinks.run(ctx) })
	return makeTemp(c.State)
}

// build makes what takes the whole configuration, and starts none of it.
func (d *Daemon) build(ctx context.Context, c *config.Config) error {
	d.options.level(c)
	d.config.Store(c)
	d.metrics.configured(c)
	d.polls = poll.New(poll.Options{
		Store: d.store, Log: d.options.Log, Temp: c.State.Temp(), Observe: d.metrics.polls.note, Room: d.room,
	})
	d.door.lock(d, c.Admin.Token)
	return d.polls.Start(ctx, c.Sources)
}

// proceed starts what build has made.
func (d *Daemon) proceed(ctx context.Context, group *errgroup.Group) error {
	group.Go(func() error { return d.serve(ctx) })
	if err := d.sinks.apply(ctx, d.config.Load().Sinks); err != nil {
		return err
	}
	group.Go(func() error { return d.polls.Run(ctx) })
	group.Go(func() error { return d.sweep(ctx) })
	group.Go(func() error { return d.heedReloads(ctx) })
	group.Go(func() error { return d.options.Notify.feed(ctx, d.watched) })
	d.announce()
	settled := time.AfterFunc(startTakes, debug.FreeOSMemory)
	context.AfterFunc(ctx, func() {
		d.running.Store(false)
		settled.Stop()
	})
	return nil
}

func (d *Daemon) announce() {
	c := d.config.Load()
	d.accept(c)
	settleMemory()
	d.running.Store(true)
	d.options.Log.Info("started", "version", d.options.Version, "sources", len(c.Sources), "sinks", len(c.Sinks),
		"state", c.State.Path, "admin", c.Admin.Listen)
	d.options.Notify.ready(status(c))
	if d.options.Started != nil {
		d.options.Started(d.admin.Addr())
	}
}

func status(c *config.Config) string {
	return fmt.Sprintf("polling %d sources for %d sinks", len(c.Sources), len(c.Sinks))
}

func (d *Daemon) close() error {
	if d.admin != nil {
		_ = d.admin.Close() // which a start that failed has not done
	}
	if d.store == nil {
		return nil
	}
	if err := d.store.Close(); err != nil {
		return fmt.Errorf("close state: %w", err)
	}
	return nil
}

// makeTemp makes the directory for what is too large for memory, empty: a kill may have left something.
func makeTemp(state config.State) error {
	if err := os.RemoveAll(state.Temp()); err != nil {
		return fmt.Errorf("clear temporary files: %w", err)
	}
	if err := os.MkdirAll(state.Temp(), 0o700); err != nil {
		return fmt.Errorf("make directory for temporary files: %w", err)
	}
	return nil
}
