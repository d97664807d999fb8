package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

// Plan says what a poll of a source would do now, where no daemon runs. It opens the state; where there is
// none yet, it plans over an empty one. It leaves nothing behind but a refresh token, where a server gave a new one
// for the old.
func Plan(ctx context.Context, o Options, source string) (plan admin.Plan, err error) {
	read := func(o Options) (*config.Config, poll.Settings, error) {
		c, err := load(o)
		if err != nil {
			return nil, poll.Settings{}, err
		}
		settings, err := sourceOf(c, source)
		return c, settings, err
	}
	err = apart(ctx, o, read, func(o Options, state *badger.Store, settings poll.Settings) (err error) {
		plan, err = planOver(ctx, o, state, settings)
		return err
	})
	return plan, err
}

// apart opens the state for something that is done to a source where no daemon runs. Read reads the configuration,
// which says where the state is.
func apart(
	ctx context.Context, o Options, read func(Options) (*config.Config, poll.Settings, error),
	do func(Options, *badger.Store, poll.Settings) error,
) (err error) {
	temp, err := os.MkdirTemp("", "hookbridge-plan-*")
	if err != nil {
		return fmt.Errorf("make directory for temporary files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	var state *badger.Store // opened when the configuration says where
	secrets := &keep{}
	o.Config.Env.Temp, o.Config.Env.Keep = temp, secrets
	o.Config.Env.Items = func(ctx context.Context, source string) iter.Seq2[bridge.Item, error] {
		return store.Items(ctx, state, source)
	}
	c, settings, err := read(o)
	if err != nil {
		return err
	}
	dir, err := stateToRead(c.State.Path, temp)
	if err != nil {
		return err
	}
	if state, err = badger.Open(ctx, badger.Options{Path: dir, Key: c.State.Key.Bytes(), Log: o.Log}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	if dir == c.State.Path { // a state that is thrown away would lose what it keeps
		secrets.open(state)
	}
	return do(o, state, settings)
}

func planOver(ctx context.Context, o Options, state *badger.Store, settings poll.Settings) (admin.Plan, error) {
	var trace admin.Trace
	options := poll.Options{Store: state, Log: o.Log, Temp: o.Config.Env.Temp}
	planned, err := poll.Preview(ctx, options, settings, trace.Add)
	return admin.PlanOf(planned, &trace, err)
}

func sourceOf(c *config.Config, name string) (poll.Settings, error) {
	for _, settings := range c.Sources {
		if settings.Name == name {
			return settings, nil
		}
	}
	return poll.Settings{}, fmt.Errorf("%w: %q.%s", poll.ErrUnknown, name, setting.Suggest(name, c.SourceNames))
}

// stateToRead returns the directory of the state, or one below temp where there is none or it is empty. It
// refuses the state of another user: opening makes files, which that user's daemon could not open.
func stateToRead(path, temp string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return filepath.Join(temp, "state"), nil
	}
	if err != nil {
		return "", fmt.Errorf("look at state: %w", err)
	}
	if held, err := os.ReadDir(path); err == nil && len(held) == 0 {
		return filepath.Join(temp, "state"), nil
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return "", fmt.Errorf("state %q belongs to user %d, run this as that user: %w", path, owner.Uid, fs.ErrPermission)
	}
	return path, nil
}
