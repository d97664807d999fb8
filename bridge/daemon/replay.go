package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/bridge/tape"
)

// Replayed is what a poll over a recording did.
type Replayed struct {
	Folder string
	Plan   admin.Plan
	Left   []string // files of exchanges that nobody asked for
}

// Replay polls a source over recordings, one after the other, under the configuration as it stands in its files. It
// asks no server and opens no state, and reads stand-ins where secrets are missing; the clock stands where it stood
// when each was recorded, so that the same comes of it each time. The items of a single recording are told as
// initial = "emit" would tell them; of several the first one is the baseline, if the configuration does not say
// otherwise.
func Replay(ctx context.Context, o Options, source string, folders []string) (all []Replayed, err error) {
	recordings := make([]*tape.Recording, len(folders))
	for i, folder := range folders {
		if recordings[i], err = tape.Read(folder); err != nil {
			return nil, err
		}
	}
	temp, err := os.MkdirTemp("", "hookbridge-replay-*")
	if err != nil {
		return nil, fmt.Errorf("make directory for temporary files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	state, err := badger.Open(ctx, badger.Options{Path: filepath.Join(temp, "state"), Log: o.Log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	o.Config.Env.Temp = temp
	stage := &stage{options: o, state: rehearsal{state}, alone: len(folders) == 1}
	for i, folder := range folders {
		replayed, err := stage.play(ctx, source, recordings[i], folder)
		if err != nil {
			return nil, err
		}
		all = append(all, replayed)
	}
	return all, nil
}

// A rehearsal is a state that gives the same ids each time.
type rehearsal struct{ *badger.Store }

func (rehearsal) Seed() uint64  { return 1 }
func (rehearsal) Epoch() string { return "rehearsal" }

// A stage is where recordings are played.
type stage struct {
	options Options
	state   rehearsal
	alone   bool // there is one recording
}

func (s *stage) play(ctx context.Context, source string, r *tape.Recording, folder string) (Replayed, error) {
	player, o := tape.NewPlayer(r), s.options
	o.Config.Env.Tape, o.Config.Instead = player, r.Stand
	o.Config.Env.Items = itemsOf(r)
	_, settings, err := loadSource(o, source)
	if err != nil {
		return Replayed{}, err
	}
	settings.Source = marked{settings.Source, bridge.Cursor(r.Cursor)}
	settings.Emit = settings.Emit || s.alone
	var trace admin.Trace
	told := func(x bridge.Exchange) {
		x.Duration = 0 // which is not the server's
		trace.Add(x)
	}
	options := poll.Options{
		Store: s.state, Log: o.Log, Temp: o.Config.Env.Temp, Now: func() time.Time { return r.Clock },
	}
	planned, err := poll.Rehearse(ctx, options, settings, told)
	if ctx.Err() != nil {
		return Replayed{}, ctx.Err()
	}
	if last := player.Last(); err != nil && last != "" && !errors.Is(err, tape.ErrNotRecorded) {
		err = fmt.Errorf("%w (the last answer is in %s)", err, last)
	}
	plan, err := admin.PlanOf(planned, &trace, err)
	return Replayed{folder, plan, player.Left()}, errors.Join(err, settings.Source.(io.Closer).Close())
}

// itemsOf yields what was known of another source when a recording was made.
func itemsOf(r *tape.Recording) func(context.Context, string) iter.Seq2[bridge.Item, error] {
	return func(_ context.Context, source string) iter.Seq2[bridge.Item, error] {
		return func(yield func(bridge.Item, error) bool) {
			if source != r.Each {
				yield(bridge.Item{}, fmt.Errorf("the recording does not hold the items of source %q", source))
				return
			}
			for _, item := range r.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// A marked source goes on from the cursor of a recording, whatever the core has.
type marked struct {
	bridge.Source
	since bridge.Cursor
}

func (m marked) Poll(ctx context.Context, _ bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	return m.Source.Poll(ctx, m.since, yield)
}

// PollTraced is described at [bridge.Traced].
func (m marked) PollTraced(
	ctx context.Context, since bridge.Cursor, yield func(bridge.Item) error, trace func(bridge.Exchange),
) (bridge.Outcome, error) {
	if traced, ok := m.Source.(bridge.Traced); ok {
		return traced.PollTraced(ctx, m.since, yield, trace)
	}
	return m.Poll(ctx, since, yield)
}

// Identity is described at [bridge.Identified].
func (m marked) Identity() string {
	if identified, ok := m.Source.(bridge.Identified); ok {
		return identified.Identity()
	}
	return ""
}

// Close closes the source, where it is to be closed.
func (m marked) Close() error {
	if closer, ok := m.Source.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
