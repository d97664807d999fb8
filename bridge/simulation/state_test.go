package simulation

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A state is what one life sees of a store: writing takes its time, and the life may be killed before a write is
// durable, or after it is and before anybody knows.
type state struct {
	store.Store
	gate *gate
	dice dice
	real bool // the store takes its time itself
	full *atomic.Bool
}

// write does what is written, between two points of the life.
func (s *state) write(what, about string, do func() error) error {
	began := time.Now().UnixNano()
	if !s.gate.at(what+" submitted") || !s.wait(what, about, began, 1) {
		return nil
	}
	err := fmt.Errorf("%s: %w", what, store.ErrFull)
	if !s.full.Load() {
		err = do()
	}
	if !s.gate.at(what+" durable") || !s.wait(what, about, began, 2) {
		return nil
	}
	return err
}

// wait lets pass what a disk takes, and reports whether the life goes on.
func (s *state) wait(about ...any) bool {
	if !s.real {
		time.Sleep(s.dice.scale(10*time.Microsecond, 20*time.Millisecond, about...))
	}
	return s.gate.alive()
}

func (s *state) Commit(ctx context.Context, c store.Commit) error {
	return s.write("commit", c.Source, func() error { return s.Store.Commit(ctx, c) })
}

func (s *state) Remember(ctx context.Context, all map[string]store.Memory) error {
	return s.write("remember", "", func() error { return s.Store.Remember(ctx, all) })
}

func (s *state) Rename(ctx context.Context, from, to string) error {
	return s.write("rename", from, func() error { return s.Store.Rename(ctx, from, to) })
}

func (s *state) Forget(ctx context.Context, source string) error {
	return s.write("forget", source, func() error { return s.Store.Forget(ctx, source) })
}

func (s *state) Claim(
	ctx context.Context, sink string, now time.Time, limit int,
) (claimed []store.Delivery, next time.Time, err error) {
	if !s.gate.alive() {
		return nil, time.Time{}, nil
	}
	claimed, next, err = s.Store.Claim(ctx, sink, now, limit)
	if len(claimed) > 0 && !s.gate.at("claim "+sink) {
		return nil, time.Time{}, nil
	}
	return claimed, next, err
}

func (s *state) Release(ctx context.Context, claimed []store.Delivery) error {
	if !s.gate.alive() {
		return nil
	}
	return s.Store.Release(ctx, claimed)
}

func (s *state) Bind(ctx context.Context, claimed []store.Delivery, batch store.Batch, due time.Time) error {
	return s.write("bind", batch.ID, func() error { return s.Store.Bind(ctx, claimed, batch, due) })
}

func (s *state) Settle(ctx context.Context, settled []store.Settlement) error {
	about := settled[0].Delivery.Sink
	return s.write("settle", about, func() error { return s.Store.Settle(ctx, settled) })
}

func (s *state) Stand(ctx context.Context, sink string, now store.Standing, news []store.Append) error {
	return s.write("stand", sink, func() error { return s.Store.Stand(ctx, sink, now, news) })
}

func (s *state) Redeliver(
	ctx context.Context, ids []string, sink string, order func(bridge.Event) store.Hash,
) (revived int, err error) {
	err = s.write("redeliver", sink, func() error {
		revived, err = s.Store.Redeliver(ctx, ids, sink, order)
		return err
	})
	return revived, err
}

func (s *state) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	err = s.write("sweep", "", func() error {
		removed, err = s.Store.Sweep(ctx, before)
		return err
	})
	return removed, err
}

func (s *state) KeepSecret(ctx context.Context, name string, value []byte) error {
	return s.write("keep", name, func() error { return s.Store.KeepSecret(ctx, name, value) })
}
