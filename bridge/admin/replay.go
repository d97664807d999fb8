package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Bounds of one request that changes many deliveries.
const (
	batch     = 500     // ids at a time
	pickLimit = 1 << 20 // deliveries picked: what is held of each is its id
)

// replay sends recorded events to a sink again, or for the first time, oldest first.
func (a *api) replay(r *http.Request, want Replay) (any, error) {
	if err := want.check(); err != nil {
		return nil, err
	}
	ids, err := a.replayed(r.Context(), want)
	if err != nil {
		return nil, err
	}
	done, err := a.redeliver(r.Context(), want.Sink, ids)
	if err != nil {
		return nil, fmt.Errorf("replay to sink %q, %d of %d events queued: %w", want.Sink, done, len(ids), err)
	}
	return Count{Matched: len(ids), Done: done}, nil
}

// replayed returns the ids of the events that are wanted, oldest first where a filter picks them.
func (a *api) replayed(ctx context.Context, want Replay) ([]string, error) {
	history := a.bridge.History()
	for _, id := range want.IDs {
		if _, err := history.Event(ctx, id); err != nil {
			return nil, fmt.Errorf("read event %q: %w", id, err)
		}
	}
	if len(want.IDs) > 0 {
		return want.IDs, nil
	}
	var ids []string
	for record, err := range history.Events(ctx, want.filter()) {
		if err != nil {
			return nil, fmt.Errorf("list events: %w", err)
		}
		if len(ids) == pickLimit {
			return nil, tooMany()
		}
		ids = append(ids, strings.Clone(record.Event.ID))
	}
	slices.Reverse(ids)
	return ids, nil
}

func (want Replay) check() error {
	filtered := want.filter() != store.Filter{}
	switch {
	case want.Sink == "":
		return usage("name the sink that is to get the events")
	case len(want.IDs) > MaxLimit:
		return usage("name at most %d events, or pick them by a filter", MaxLimit)
	case len(want.IDs) > 0 && (filtered || want.All):
		return usage("give ids or a filter, not both")
	case len(want.IDs) == 0 && !filtered && !want.All:
		return usage("nothing says which events: give ids, a filter, or all of the history (--all, \"all\": true)")
	}
	return nil
}

func (want Replay) filter() store.Filter {
	return store.Filter{
		Since: want.Since, Until: want.Until, Source: want.Source, Key: want.Key, Type: want.Type, Sink: want.FromSink,
	}
}

// redeliver queues events in batches, so that no transaction grows with what was asked for. It returns how
// many it queued, after an error as well.
func (a *api) redeliver(ctx context.Context, sink string, ids []string) (int, error) {
	done := 0
	for part := range slices.Chunk(ids, batch) {
		n, err := a.bridge.Replay(ctx, part, sink)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// retry makes dead letters pending again, oldest first.
func (a *api) retry(r *http.Request, want Pick) (any, error) {
	return a.each(r.Context(), want, "retry", a.redeliver)
}

// drop gives dead letters up for good.
func (a *api) drop(r *http.Request, want Pick) (any, error) {
	return a.each(r.Context(), want, "drop", a.giveUp)
}

// giveUp passes over what is no dead letter any more, because somebody else was faster.
func (a *api) giveUp(ctx context.Context, sink string, ids []string) (done int, err error) {
	history := a.bridge.History()
	for _, id := range ids {
		switch err := history.Drop(ctx, id, sink); {
		case err == nil:
			done++
		case !errors.Is(err, store.ErrNotFound):
			return done, err
		}
	}
	return done, nil
}

// each does something with the dead letters that were picked, sink by sink. A sink that fails, such as one
// that is no longer configured, does not keep the others from it.
func (a *api) each(
	ctx context.Context, want Pick, verb string, do func(ctx context.Context, sink string, ids []string) (int, error),
) (any, error) {
	picked, err := a.picked(ctx, want)
	if err != nil {
		return nil, err
	}
	var count Count
	var failed []error
	for sink, ids := range picked.inOrder() {
		done, err := do(ctx, sink, ids)
		count.Matched, count.Done = count.Matched+len(ids), count.Done+done
		if err != nil {
			failed = append(failed, fmt.Errorf("%s dead letters of sink %q, %d of %d done: %w", verb, sink, done, len(ids), err))
		}
	}
	return count, errors.Join(failed...)
}

func tooMany() error {
	return usage("more than %d are picked: narrow the filter by since and until", pickLimit)
}
