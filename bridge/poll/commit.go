package poll

import (
	"bytes"
	"context"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// commit writes what was staged in chunks of whole items, each item's new state together with its events,
// and what the source remembers of the poll in the last one. A crash between chunks only means that the
// next poll finds the rest.
func (r *run) commit(ctx context.Context, outcome bridge.Outcome) error {
	chunk := chunk{source: r.Name}
	for c, err := range r.stage.all() {
		if err != nil {
			return err
		}
		put, events, err := r.write(ctx, c)
		if err != nil {
			return err
		}
		if chunk.full() {
			if err := r.save(ctx, chunk.take()); err != nil {
				return err
			}
			crashpoint.Here(crashpoint.PollChunk)
		}
		r.tally(c, put.Key, events)
		chunk.add(c.change, put, events)
	}
	r.remember(outcome)
	crashpoint.Here(crashpoint.PollLast)
	return r.last(ctx, chunk.take())
}

// last commits the last chunk with the memory, unless neither bears anything new.
func (r *run) last(ctx context.Context, c store.Commit) error {
	c.Append = append(c.Append, r.recovered()...)
	if len(c.Put)+len(c.Drop)+len(c.Append) == 0 && !r.news() {
		return nil
	}
	c.Memory = &r.memory
	return r.save(ctx, c)
}

// remember brings the memory up to date with a poll that went well.
func (r *run) remember(outcome bridge.Outcome) {
	m := &r.memory
	r.goOn(outcome)
	if m.More = outcome.More; m.More {
		m.Pending = max(m.Pending, r.pending)
	} else {
		r.conclude()
	}
	if !r.stage.empty() {
		m.Sequence = r.sequence
	}
	if r.report.Created+r.report.Updated+r.report.Deleted > 0 {
		m.Changed = r.observed
	}
	m.Stale = m.Stale && m.Changed.Equal(r.was.Changed) && r.Expect > 0
	m.Fingerprint, m.Identity = r.comparer.Fingerprint(), r.identity
	m.Items = r.known + r.report.Created - r.report.Deleted - r.report.Forgotten
	m.Polled, m.NotBefore = r.started, time.Time{}
	if outcome.NotBefore > 0 {
		m.NotBefore = r.observed.Add(outcome.NotBefore)
	}
	m.Failures, m.Failing, m.Reason = 0, time.Time{}, ""
	m.Hold, m.Released = nil, false
	r.report.Items = m.Items
}

// conclude remembers what only the end of a listing tells.
func (r *run) conclude() {
	m := &r.memory
	if m.Baseline.IsZero() || m.Rebaseline {
		m.Baseline, r.report.Baseline = r.observed, true
	}
	m.Rebaseline, m.Pending = false, r.pending
}

// news reports whether the memory holds more than a new time of polling, which is written from time to time.
func (r *run) news() bool {
	was, now := &r.was, &r.memory
	return !bytes.Equal(was.Cursor, now.Cursor) || was.Baseline.IsZero() || was.Hold != nil || was.Released ||
		was.Fingerprint != now.Fingerprint || was.Failures > 0 ||
		was.Ahead != now.Ahead || was.Identity != now.Identity || was.Pending != now.Pending || was.Rebaseline ||
		was.Stale != now.Stale || was.More != now.More
}

// write returns what is to be stored of a staged item, and the events that leave for it.
func (r *run) write(ctx context.Context, c staged) (store.Put, []store.Append, error) {
	put := store.Put{Entry: c.entry, Snapshot: store.Snapshot{Key: c.key, Body: c.body}}
	if c.change == bridge.None || c.silent || r.silent() {
		return put, nil, nil
	}
	if c.change == bridge.Created {
		return put, r.events(c, nil, c.body), nil
	}
	was, err := r.stored(ctx, c.entry)
	if err != nil {
		return put, nil, err
	}
	c.key = was.Key
	if c.change == bridge.Deleted {
		put.Key = was.Key // for who only looks: a delete goes by its hash
		c.entry.Revision++
		return put, r.events(c, was.Body, nil), nil
	}
	return put, r.events(c, was.Body, c.body), nil
}

// tally counts a change, which is under a key, and takes it down for who asks.
func (r *run) tally(c staged, key string, events []store.Append) {
	if r.plan != nil && c.change != bridge.None && !c.silent && len(r.plan.Changes) < PlanLimit {
		r.plan.Changes = append(r.plan.Changes, Planned{c.change, key, events})
	}
	switch {
	case c.change == bridge.Created:
		r.report.Created++
	case c.change == bridge.Updated:
		r.report.Updated++
	case c.change == bridge.Deleted && c.silent:
		r.report.Forgotten++
	case c.change == bridge.Deleted:
		r.report.Deleted++
	}
	for _, out := range events {
		r.report.Events++
		if out.Event.Change != bridge.None {
			r.report.Sent[c.change]++
		}
	}
}

// chunk gathers one commit.
type chunk struct {
	source string
	commit store.Commit
	bytes  int
	rows   int // deliveries
}

func (c *chunk) full() bool {
	return len(c.commit.Put)+len(c.commit.Drop) >= store.ChunkItems ||
		c.bytes >= store.ChunkBytes || c.rows >= store.ChunkDeliveries
}

func (c *chunk) add(change bridge.Change, put store.Put, events []store.Append) {
	if change == bridge.Deleted {
		c.commit.Drop = append(c.commit.Drop, put.Entry)
	} else {
		c.commit.Put = append(c.commit.Put, put)
		c.bytes += len(put.Key) + len(put.Body)
	}
	for _, out := range events {
		c.rows += len(out.To)
		c.bytes += len(out.Event.Before) + len(out.Event.After) + len(out.Event.Data)
	}
	c.commit.Append = append(c.commit.Append, events...)
}

// take hands over what was gathered, and starts anew.
func (c *chunk) take() store.Commit {
	full := c.commit
	full.Source = c.source
	*c = chunk{source: c.source}
	return full
}
