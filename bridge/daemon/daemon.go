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
	config  atomic.Pointer[config.Config] // in force
	store   *badger.Store
	polls   *poll.Loop
	sinks   *sinks
	metrics *metrics
	door    door
	reloads chan reload
	running atomic.Bool
	started time.Time
	stuck   bool // what the watchdog was told last; for watched alone
	full    atomic.Bool
}

// Run runs a daemon until ctx ends, and then lets it finish in good order. It returns an [*Invalid] for a
// configuration with mistakes; errors of the environment wrap those of packages store and admin.
func Run(ctx context.Context, o Options) (err error) {
	d, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	listener, err := admin.Listen(d.config.Load().Admin.Listen)
	if err != nil {
		return fmt.Errorf("listen for operators: %w", err)
	}
	return d.run(ctx, listener)
}

// open reads the configuration and opens the state.
func open(ctx context.Context, o Options) (*Daemon, error) {
	o.share()
	spareMemory(spareAtStart)
	secrets := &keep{}
	o.Config.Env.Keep, o.Config.Shared = secrets, config.NewShared()
	d := &Daemon{options: o, reloads: make(chan reload), started: time.Now()}
	d.options.Config.Env.Items = d.items
	read := o.Read
	if read == nil {
		read = config.Read(o.Path)
	}
	c, err := loadRead(d.options, read)
	if err != nil {
		return nil, err
	}
	o.level(c)
	d.config.Store(c)
	if d.store, err = badger.Open(ctx, stateOptions(o, c.State)); err != nil {
		return nil, err
	}
	secrets.open(d.store)
	if err := d.build(ctx, c); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// items yields what is known of a source to those that list for each of its items. The state is open before any
// of them polls.
func (d *Daemon) items(ctx context.Context, source string) iter.Seq2[bridge.Item, error] {
	return store.Items(ctx, d.store, source)
}

// build makes the loops. It starts none.
func (d *Daemon) build(ctx context.Context, c *config.Config) error {
	if err := makeTemp(c.State); err != nil {
		return err
	}
	d.metrics = newMetrics(ctx, d.store, d.options.Version)
	d.polls = poll.New(poll.Options{
		Store: d.store, Log: d.options.Log, Temp: c.State.Temp(), Observe: d.metrics.polls.note, Room: d.room,
	})
	d.sinks = newSinks(d.store, d.options.Log, d.metrics)
	d.metrics.configured(c)
	d.door.lock(d, c.Admin.Token)
	return d.polls.Start(ctx, c.Sources)
}

// run runs the parts together: when one fails, or ctx ends, all end. The state closes after them.
func (d *Daemon) run(ctx context.Context, listener net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.polls.Run(ctx) })
	group.Go(func() error { return d.sinks.run(ctx, d.config.Load().Sinks) })
	group.Go(func() error { return d.serve(ctx, listener) })
	group.Go(func() error { return d.sweep(ctx) })
	group.Go(func() error { return d.heedReloads(ctx) })
	group.Go(func() error { return d.options.Notify.feed(ctx, d.watched) })
	d.announce(listener)
	defer time.AfterFunc(startTakes, debug.FreeOSMemory).Stop()
	defer context.AfterFunc(ctx, func() { d.running.Store(false) })()
	err := group.Wait()
	d.running.Store(false)
	d.options.Log.Info("stopped")
	return err
}

func (d *Daemon) announce(listener net.Listener) {
	c := d.config.Load()
	spareMemory(spareAtWork)
	debug.FreeOSMemory() // reading a large configuration takes several times what is kept of it
	d.running.Store(true)
	d.options.Log.Info("started", "version", d.options.Version, "sources", len(c.Sources), "sinks", len(c.Sinks),
		"state", c.State.Path, "admin", c.Admin.Listen)
	d.options.Notify.ready(status(c))
	if d.options.Started != nil {
		d.options.Started(listener.Addr())
	}
}

func status(c *config.Config) string {
	return fmt.Sprintf("polling %d sources for %d sinks", len(c.Sources), len(c.Sinks))
}

func (d *Daemon) close() error {
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
