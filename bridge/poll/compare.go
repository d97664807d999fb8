package poll

import (
	"context"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// compare takes one item of the listing through the gates, cheapest first, and stages it if it changed.
func (r *run) compare(ctx context.Context, item bridge.Item) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := r.openIndex(ctx); err != nil {
		return err
	}
	r.report.Seen++
	key := store.Hash(r.comparer.Key(item.Key))
	position := r.index.find(key)
	if again := r.index.mark(position, key); again != unseen {
		if ignore, err := r.twice(item.Key, again); ignore || err != nil {
			return err
		}
	}
	return r.place(ctx, position, key, item)
}

func (r *run) openIndex(ctx context.Context) (err error) {
	if r.index == nil {
		r.index, err = readIndex(ctx, r.store, r.Name, r.was.Items)
	}
	if err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	r.known = len(r.index.known)
	return nil
}

// twice decides about a second item of one key.
func (r *run) twice(key string, first mark) (ignore bool, err error) {
	r.report.Duplicates++
	switch r.Twice {
	case DuplicatesFirst:
		return true, nil
	case DuplicatesLast:
		r.stage.undo(first)
		return false, nil
	}
	return false, fmt.Errorf("two items have the key %q: set on_duplicate_key, or choose a key that tells them apart", key)
}

func (r *run) place(ctx context.Context, position int, key store.Hash, item bridge.Item) error {
	change, err := r.change(ctx, position, key, item)
	if err != nil {
		return err
	}
	m := unchanged
	if change != nil {
		if m, err = r.stage.add(*change); err != nil {
			return err
		}
	}
	r.index.setMark(position, key, m)
	return nil
}

// change returns what is to be staged for an item, nil where nothing is.
func (r *run) change(ctx context.Context, position int, key store.Hash, item bridge.Item) (*staged, error) {
	switch {
	case item.Deleted && position < 0:
		return nil, nil
	case item.Deleted:
		return &staged{change: bridge.Deleted, entry: r.index.entry(position), key: item.Key}, nil
	case position < 0:
		return r.created(key, item), nil
	}
	return r.judge(ctx, r.index.entry(position), item)
}

func (r *run) created(key store.Hash, item bridge.Item) *staged {
	return &staged{
		change: bridge.Created,
		key:    item.Key,
		body:   document.Minify(nil, item.Body),
		entry: store.Entry{
			Key:      key,
			Raw:      r.comparer.Raw(item.Body),
			Digest:   r.comparer.Digest(item.Body),
			Born:     r.sequence,
			Revision: 1,
		},
	}
}

// judge compares an item with its entry: by its raw bytes, then by its canonical form.
func (r *run) judge(ctx context.Context, entry store.Entry, item bridge.Item) (*staged, error) {
	raw := store.Hash(r.comparer.Raw(item.Body))
	sameRaw, back := raw == entry.Raw, entry.Absent > 0
	if sameRaw && !back && !r.stale && entry.Candidate == nil {
		return nil, nil
	}
	digest := entry.Digest
	if !sameRaw || r.stale {
		digest = r.comparer.Digest(item.Body)
	}
	if digest == entry.Digest && !back && !r.stale && entry.Candidate == nil && !r.follows(entry.Slot) {
		return nil, nil
	}
	now := &staged{key: item.Key, entry: entry}
	now.entry.Raw, now.entry.Digest, now.entry.Absent, now.entry.Left, now.entry.Candidate = raw, digest, 0, 0, nil
	if sameRaw {
		return now, nil
	}
	return now, r.renew(ctx, now, entry, item)
}

// renew gives an item whose bytes are new the state of today, once that has settled.
func (r *run) renew(ctx context.Context, now *staged, entry store.Entry, item bridge.Item) error {
	was, err := r.digestOf(ctx, entry)
	if err != nil || now.entry.Digest != was && !r.settled(now, entry, was) {
		return err
	}
	now.body = document.Minify(nil, item.Body)
	if now.entry.Digest != was {
		now.change = bridge.Updated
		now.entry.Revision++
	}
	return nil
}

// settled reports whether a new state of an item was seen in as many polls in a row as it takes to count. One
// that was not becomes the candidate, beside the state that still counts.
func (r *run) settled(now *staged, entry store.Entry, was store.Hash) bool {
	polls := uint32(1)
	if entry.Candidate != nil && entry.Candidate.Digest == now.entry.Digest {
		polls = entry.Candidate.Polls + 1
	}
	if int(polls) >= r.Settle || r.silent() {
		return true
	}
	now.entry.Candidate = &store.Candidate{Digest: now.entry.Digest, Polls: polls}
	now.entry.Raw, now.entry.Digest = entry.Raw, was
	r.pending++
	r.eldest = max(r.eldest, polls)
	return false
}

// digestOf returns the digest of an item's last known state under today's rules.
func (r *run) digestOf(ctx context.Context, entry store.Entry) (store.Hash, error) {
	if !r.stale {
		return entry.Digest, nil
	}
	snapshot, err := r.stored(ctx, entry)
	if err != nil {
		return store.Hash{}, err
	}
	return r.comparer.Digest(snapshot.Body), nil
}

func (r *run) stored(ctx context.Context, entry store.Entry) (store.Snapshot, error) {
	snapshot, err := r.store.Stored(ctx, r.Name, entry)
	if err != nil {
		return snapshot, fmt.Errorf("read stored item: %w", err)
	}
	return snapshot, nil
}
