package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

// room returns why polls wait for room in the state, and shows it to the service manager.
func (d *Daemon) room() error {
	err := d.store.Room()
	if full := err != nil; d.full.Swap(full) != full {
		if full {
			d.options.Notify.say("STATUS=polls wait: " + err.Error())
		} else {
			d.options.Notify.say("STATUS=" + status(d.config.Load()))
		}
	}
	return err
}

// Backup writes a backup of the state as it is at this moment.
func (d *Daemon) Backup(ctx context.Context, to io.Writer) error {
	_, err := d.store.Backup(ctx, to, d.options.Version)
	return err
}

// Backup writes a backup of a state that no daemon has open. It is a wrapped [store.ErrNotFound] where there is none.
func Backup(ctx context.Context, o Options, to io.Writer) (err error) {
	state, err := loadState(o)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(state.Path, "MANIFEST")); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up state: there is none in %q: %w", state.Path, store.ErrNotFound)
	}
	s, err := badger.Open(ctx, stateOptions(o, state))
	if err != nil {
		return errors.Join(err, adopt(state.Path))
	}
	defer func() { err = errors.Join(err, s.Close(), adopt(state.Path)) }()
	_, err = s.Backup(ctx, to, o.Version)
	return err
}

// Restore makes the state of a configuration of a backup, where there is none yet. The key of the backup is that of
// the configuration, unless one is given. It returns the header of the backup, and the directory that it went into.
func Restore(ctx context.Context, o Options, from io.Reader, key []byte) (h backup.Header, path string, err error) {
	state, err := loadState(o)
	if err != nil {
		return h, "", err
	}
	if key == nil {
		key = state.Key.Bytes()
	}
	h, _, err = badger.Restore(ctx, stateOptions(o, state), from, key)
	if err != nil {
		return h, state.Path, err
	}
	return h, state.Path, adopt(state.Path)
}

func loadState(o Options) (config.State, error) {
	c, diags := config.LoadState(o.Path, o.Config)
	if diags.HasErrors() {
		return config.State{}, &Invalid{diags, c.Files}
	}
	return c.State, nil
}

func stateOptions(o Options, state config.State) badger.Options {
	return badger.Options{Path: state.Path, Key: state.Key.Bytes(), Log: o.Log}
}

// adopt gives the files that root made in a state directory to its owner: a daemon that runs as a user of its own could
// not open them.
func adopt(path string) error {
	found, err := os.Stat(path)
	if err != nil || os.Geteuid() != 0 {
		return nil //nolint:nilerr // there is nothing to give
	}
	owner, ok := found.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("give state to its owner: %w", err)
	}
	for _, entry := range entries {
		if err := os.Lchown(filepath.Join(path, entry.Name()), int(owner.Uid), int(owner.Gid)); err != nil {
			return fmt.Errorf("give state to its owner: %w", err)
		}
	}
	return nil
}
