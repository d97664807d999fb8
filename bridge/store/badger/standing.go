package badger

import (
	"context"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Standing is described at [store.Outbox].
func (s *Store) Standing(ctx context.Context, sink string) (standing store.Standing, err error) {
	if err := ctx.Err(); err != nil {
		return standing, err
	}
	q := s.outbox.queue(sink)
	if !q.saved.Load() {
		return standing, nil
	}
	key := shortKey(kindStanding, q.id.Load())
	err = s.look(func(v view) error {
		record, err := v.get(key)
		if err == nil && record != nil {
			standing, err = openStanding(key, record)
		}
		return err
	})
	if err != nil {
		return store.Standing{}, fmt.Errorf("read standing of sink %q: %w", sink, err)
	}
	return standing, nil
}

// Stand is described at [store.Outbox].
func (s *Store) Stand(ctx context.Context, sink string, now store.Standing, news []store.Append) error {
	err := s.space.forLittle()
	if err == nil {
		err = s.submit(ctx, func(b *batch) error {
			q, err := b.sink(s.outbox, sink)
			if err != nil {
				return err
			}
			b.set(standingRow(q.id.Load(), now))
			return s.tell(b, news)
		})
	}
	if err != nil {
		return fmt.Errorf("record standing of sink %q: %w", sink, err)
	}
	return nil
}

// tell appends events that are small, as those about sinks are.
func (s *Store) tell(b *batch, news []store.Append) error {
	for _, a := range news {
		number := s.sequence.take(b, 1)
		b.put(recordOf(a.Event).rows(number)...)
		if err := s.append(b, a, number); err != nil {
			return err
		}
	}
	return nil
}

func standingRow(sink uint32, s store.Standing) (key, value []byte) {
	key = shortKey(kindStanding, sink)
	w := newWriting(64)
	w.time(s.Paused)
	w.time(s.Disabled)
	w.time(s.Failing)
	w.text(clip(s.Reason))
	return key, w.seal(key)
}

func openStanding(key, record []byte) (s store.Standing, err error) {
	r, err := open(key, record)
	if err != nil {
		return s, err
	}
	s = store.Standing{Paused: r.time(), Disabled: r.time(), Failing: r.time(), Reason: r.text()}
	return s, r.end(key)
}
