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
// Of a part of a listing nothing else follows.
func (r *run) absent(ctx context.Context, outcome bridge.Outcome) error {
	coverage := outcome.Coverage
	r.report.Coverage, r.report.More = coverage, outcome.More
	switch {
	case r.stale, r.rekeyed, r.was.Pending > 0 && !outcome.More:
	case coverage == bridge.Unchanged, coverage == bridge.Changes:
		return nil
	}
	if err := r.openIndex(ctx); err != nil {
		return err
	}
	for i := range r.index.known {
		entry, seen := r.index.entry(i), r.index.marks[i] != unseen
		r.count(entry, seen)
		if seen {
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
	if r.rekeyed || coverage == bridge.Complete && r.confirmed(entry) {
		now.change, now.silent = bridge.Deleted, r.rekeyed
		return r.put(now)
	}
	counts := coverage == bridge.Complete || coverage == bridge.Window && entry.Absent == 0
	if !listsAll(coverage) && entry.Candidate != nil {
		r.unheard = true
		r.pending++
	}
	if !counts && !r.stale && (entry.Candidate == nil || !listsAll(coverage)) {
		return nil
	}
	if counts {
		r.miss(&now.entry, coverage)
	}
	if listsAll(coverage) {
		now.entry.Candidate = nil // it was not seen in a row
	}
	digest, err := r.digestOf(ctx, entry)
	if err != nil {
		return err
	}
	now.entry.Digest = digest
	return r.put(now)
}

// listsAll reports whether an item that is there, or in the window, was listed whether it changed or not.
func listsAll(coverage bridge.Coverage) bool {
	return coverage == bridge.Complete || coverage == bridge.Window
}

// count counts the items that were there before this poll, and those of them that it misses.
func (r *run) count(entry store.Entry, seen bool) {
	if entry.Absent > 0 {
		return
	}
	r.present++
	if !seen {
		r.gone++
	}
}

// confirmed reports whether a complete poll that misses an item is the last of as many as it takes. A baseline
// takes one.
func (r *run) confirmed(entry store.Entry) bool {
	return r.silent() || int(entry.Absent)+1 >= r.Guard.ConfirmPolls
}

// miss counts a poll without the item.
func (r *run) miss(entry *store.Entry, coverage bridge.Coverage) {
	if entry.Absent == 0 {
		entry.Left = r.observed.Unix()
	}
	entry.Absent++
	if coverage == bridge.Complete {
		r.pending++
	}
}

// forget drops the items that left the window longest ago, within the bounds above.
func (r *run) forget() error {
	excess := len(r.index.known) - max(windowItems, windowShare*r.index.seen)
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
	for i := range r.index.known {
		entry := r.index.entry(i)
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
