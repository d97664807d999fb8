package daemon

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/bridge/tape"
)

// Record records a poll of a source that changes nothing, under the configuration as it stands in its files.
func (d *Daemon) Record(ctx context.Context, source string, want admin.RecordRequest) (admin.Recorded, error) {
	t := newTaking(source, want)
	_, settings, err := t.read(d.options)
	if err != nil {
		return admin.Recorded{}, err
	}
	listing, err := d.polls.List(ctx, settings, t.from(settings.Source), nil)
	return t.recorded(d.options.Version, settings, listing, err)
}

// Record is the method of that name where no daemon runs. It opens the state as [Plan] does.
func Record(ctx context.Context, o Options, source string, want admin.RecordRequest) (recorded admin.Recorded, err error) {
	t := newTaking(source, want)
	err = apart(ctx, o, t.read, func(o Options, state *badger.Store, settings poll.Settings) error {
		options := poll.Options{Store: state, Log: o.Log, Temp: o.Config.Env.Temp}
		listing, err := poll.List(ctx, options, settings, t.from(settings.Source), nil)
		recorded, err = t.recorded(o.Version, settings, listing, err)
		return err
	})
	return recorded, err
}

// A taking takes one recording.
type taking struct {
	source   string
	want     admin.RecordRequest
	recorder *tape.Recorder
	polled   bool          // the source was asked to list
	since    bridge.Cursor // that the poll went on from
	each     string        // the source for whose items it listed
	items    []bridge.Item
	size     int
}

func newTaking(source string, want admin.RecordRequest) *taking {
	return &taking{source: source, want: want, recorder: tape.NewRecorder(tape.DefaultRoom)}
}

// read reads the configuration of the source, which is built around the recorder.
func (t *taking) read(o Options) (*config.Config, poll.Settings, error) {
	known := o.Config.Env.Items
	o.Config.Env.Tape = t.recorder
	o.Config.Env.Items = func(ctx context.Context, source string) iter.Seq2[bridge.Item, error] {
		t.each, t.items = source, []bridge.Item{}
		return t.noted(known(ctx, source))
	}
	return loadSource(o, t.source)
}

// noted notes the items that go by.
func (t *taking) noted(items iter.Seq2[bridge.Item, error]) iter.Seq2[bridge.Item, error] {
	return func(yield func(bridge.Item, error) bool) {
		for item, err := range items {
			if err == nil {
				err = t.note(item)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

func (t *taking) note(item bridge.Item) error {
	if t.size += len(item.Key) + len(item.Body); t.size > int(tape.DefaultRoom) {
		return fmt.Errorf("its items are larger than a recording may be (%s)", tape.DefaultRoom)
	}
	t.items = append(t.items, bridge.Item{Key: item.Key, Body: append([]byte(nil), item.Body...)})
	return nil
}

// errWhole is why a poll cannot go on from the last one.
var errWhole = errors.New("each of its polls lists everything: record it without --since-last")

// from returns which cursor the poll goes on from: none, for a full listing, unless more was asked for.
func (t *taking) from(source bridge.Source) func(store.Memory) (bridge.Cursor, error) {
	return func(memory store.Memory) (bridge.Cursor, error) {
		resuming, ok := source.(bridge.Resuming)
		if t.want.SinceLast && memory.Cursor != nil {
			if ok {
				t.since = resuming.Mark(memory.Cursor)
			}
			if t.since == nil {
				return nil, fmt.Errorf("%w: source %q: %w", admin.ErrUsage, t.source, errWhole)
			}
		}
		t.polled = true
		return t.since, nil
	}
}

// recorded returns what came of it. A poll that failed is recorded as far as it came.
func (t *taking) recorded(version string, settings poll.Settings, l poll.Listing, cause error) (admin.Recorded, error) {
	if cause != nil && (!t.polled || errors.Is(cause, context.Canceled) || errors.Is(cause, poll.ErrStopped)) {
		return admin.Recorded{}, cause
	}
	recording, err := t.recorder.Recording(tape.Recording{
		Source: settings.Name, Kind: settings.Kind, Version: version, Clock: l.Began.UTC(),
		Cursor: jsontext.Value(t.since), Each: t.each, Items: t.items,
	})
	switch {
	case err != nil:
		return admin.Recorded{}, err
	case cause != nil && len(recording.Exchanges) == 0:
		return admin.Recorded{}, fmt.Errorf("nothing to record: poll source %q: %w", settings.Name, cause)
	case len(recording.Exchanges) == 0 && t.each == "":
		return admin.Recorded{}, fmt.Errorf("source %q cannot be recorded: a source of the kind %q tells nothing of its requests",
			settings.Name, settings.Kind)
	}
	files, err := recording.Files()
	return admin.Recorded{Recording: admin.RecordingOf(settings.Name, recording, l, cause), Files: files}, err
}
