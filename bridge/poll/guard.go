package poll

import (
	"context"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/health"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// guard returns why the poll is to be held, nil where it may pass. A poll that would delete or send more
// than its source's guard allows is more often a broken answer than a true change. What an operator
// released passes, and so does a silent baseline.
func (r *run) guard(ctx context.Context) (*store.Hold, error) {
	if r.silent() || r.was.Released {
		return nil, nil
	}
	hold := r.newHold()
	reshaped, err := r.reshaped(ctx)
	if err != nil {
		return nil, err
	}
	if reshaped {
		hold.Reason = fmt.Sprintf("%d of %d items are gone and came back under other keys: take their new keys with "+
			"hookbridge source rebaseline, or release them as deleted and created", r.gone, r.present)
		return hold, nil
	}
	if most := r.mostDeletes(); hold.Deletes > most {
		hold.Reason = fmt.Sprintf("%d of %d items are gone, more than guard.max_deletes allows (%d)",
			hold.Deletes, hold.Known, most)
		return hold, nil
	}
	return r.guardEvents(ctx, hold)
}

// newHold returns a hold that began with this poll, or with the first of several that were held.
func (r *run) newHold() *store.Hold {
	hold := &store.Hold{Since: r.observed, Deletes: r.stage.deletes, Known: r.known}
	if r.was.Hold != nil {
		hold.Since = r.was.Hold.Since
	}
	return hold
}

// mostDeletes is how many deletes may pass. The default leaves small collections alone.
func (r *run) mostDeletes() int {
	if r.Guard.MaxDeletes == DefaultMaxDeletes() && r.known < GuardedItems {
		return r.known
	}
	return r.Guard.MaxDeletes.Of(r.known)
}

func (r *run) guardEvents(ctx context.Context, hold *store.Hold) (*store.Hold, error) {
	if r.Guard.MaxEvents == 0 || r.stage.empty() {
		return nil, nil
	}
	for c, err := range r.stage.all() {
		if err != nil {
			return nil, err
		}
		_, events, err := r.write(ctx, c)
		if err != nil {
			return nil, err
		}
		hold.Events += len(events)
	}
	if hold.Events <= r.Guard.MaxEvents {
		return nil, nil
	}
	hold.Reason = fmt.Sprintf("%d events would be sent, more than guard.max_events allows (%d)",
		hold.Events, r.Guard.MaxEvents)
	return hold, nil
}

// hold ends a poll whose changes are held back: nothing of it is kept but the hold itself, so that the next
// poll compares with the same state again.
func (r *run) hold(ctx context.Context, hold *store.Hold) error {
	if r.plan != nil {
		if err := r.lay(ctx); err != nil {
			return err
		}
	}
	r.memory.Hold, r.report.Hold = hold, hold
	commit := store.Commit{Source: r.Name, Memory: &r.memory}
	if !hold.Rebaseline { // else nothing was polled
		commit.Append = r.recovered()
		r.memory.Failures, r.memory.Failing, r.memory.Reason = 0, time.Time{}, ""
	}
	if r.was.Hold == nil {
		commit.Append = append(commit.Append, r.health(health.SourceHeld, hold.Reason, hold.Since, holdDetail(hold))...)
	}
	return r.save(ctx, commit)
}

func holdDetail(hold *store.Hold) map[string]any {
	detail := map[string]any{bridge.Deleted.String(): hold.Deletes, "events": hold.Events, "known": hold.Known}
	if hold.Rebaseline {
		detail["rebaseline"] = "hookbridge source rebaseline takes in the next poll without sending anything"
	} else {
		detail["release"] = "hookbridge source release lets the next poll pass"
	}
	return detail
}

// wayOut is the command that ends a hold of a source.
func wayOut(hold *store.Hold, source string) string {
	if hold.Rebaseline {
		return "hookbridge source rebaseline " + source
	}
	return "hookbridge source release " + source
}

func (r *run) save(ctx context.Context, c store.Commit) error {
	if err := r.store.Commit(ctx, c); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
