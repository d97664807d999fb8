package poll

import (
	"context"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// How long the state of an item that left a window is kept: at least windowAge, and as long as the source
// knows no more than windowShare times what its window shows (or windowItems). So an old entry that comes
// back, because newer ones were withdrawn or the window grew, is known and sends nothing, while a feed that
// runs for years holds no more than that and what left within windowAge.
const (
	windowAge   = 30 * 24 * time.Hour
	windowShare = 10
	windowItems = 1000
)

// absent stages what follows from items that are known and were not listed. Under new rules each of them gets a
// new digest, of its last known state: a cursor may keep back what did not change, so that it is not listed again.
func (r *run) absent(ctx context.Context, coverage bridge.Coverage) error {
	r.report.Coverage = coverage
	switch {
	case r.stale:
	case coverage == bridge.Unchanged, coverage == bridge.Changes:
		return nil
	}
	if err := r.openIndex(ctx); err != nil {
		return err
	}
	for i, entry := range r.index.entries {
		if r.index.marks[i] != unseen {
			continue
		}
		if err := r.unlisted(ctx, entry, coverage); err != nil {
			return err
		}
	}
	if coverage == bridge.Window {
		if err := r.forget(); err != nil {
			return err
		}
	}
	r.index = nil // a million entries need not wait for the commit
	return nil
}

// unlisted stages what follows for one item.
func (r *run) unlisted(ctx context.Context, entry store.Entry, coverage bridge.Coverage) error {
	now := staged{entry: entry}
	if coverage == bridge.Complete {
		now.change = bridge.Deleted
		return r.put(now)
	}
	leaves := coverage == bridge.Window && entry.Absent == 0
	if !leaves && !r.stale {
		return nil
	}
	if leaves {
		now.entry.Absent, now.entry.Left = 1, r.observed.Unix()
	}
	digest, err := r.digestOf(ctx, entry)
	if err != nil {
		return err
	}
	now.entry.Digest = digest
	return r.put(now)
}

// forget drops the items that left the window longest ago, within the bounds above.
func (r *run) forget() error {
	excess := len(r.index.entries) - max(windowItems, windowShare*r.index.seen)
	if excess <= 0 {
		return nil
	}
	for _, entry := range r.forgettable(excess) {
		if err := r.put(staged{change: bridge.Deleted, entry: entry, silent: true}); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) forgettable(most int) []store.Entry {
	limit := r.observed.Add(-windowAge).Unix()
	var old []store.Entry
	for i, entry := range r.index.entries {
		if r.index.marks[i] == unseen && entry.Absent > 0 && entry.Left < limit {
			old = append(old, entry)
		}
	}
	slices.SortFunc(old, func(a, b store.Entry) int { return int(a.Left - b.Left) })
	return old[:min(most, len(old))]
}

func (r *run) put(c staged) error {
	_, err := r.stage.add(c)
	return err
}
