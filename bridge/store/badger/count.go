package badger

import (
	"context"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Queue is described at [store.History]. It knows every sink that an event was ever for. Oldest is when the
// pending delivery with the lowest number was queued, at first or by a redelivery.
func (s *Store) Queue(ctx context.Context) (map[string]store.Queue, error) {
	counts := map[string]store.Queue{}
	for _, q := range s.outbox.all() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, err := s.count(q)
		if err != nil {
			return nil, fmt.Errorf("count queue of %q: %w", q.name, err)
		}
		counts[q.name] = c
	}
	return counts, nil
}

func (s *Store) count(q *queue) (c store.Queue, err error) {
	var low, lowered uint64
	q.change(func() {
		c.Pending, c.Dead = q.pending, q.dead
		low, lowered = q.low, q.lowered
	})
	if c.Pending == 0 {
		return c, nil
	}
	err = s.look(func(v view) error {
		low, c.Oldest, err = v.lowestPending(q.id.Load(), low)
		return err
	})
	q.change(func() {
		if err == nil && q.lowered == lowered {
			q.low = low
		}
	})
	return c, err
}

// lowestPending finds the pending delivery to a sink with the lowest number, from a number on. The numbers
// below what it returns need not be looked at again.
func (v view) lowestPending(sink uint32, from uint64) (number uint64, queued time.Time, err error) {
	c := v.walk([]byte{kindDelivery})
	defer c.Close()
	number = from
	for c.Seek(longKey(kindDelivery, from)); c.valid(); c.Next() {
		number = numberIn(c.key(), 1)
		if sinkIn(c.key(), 9) != sink {
			continue
		}
		pending := false
		err := c.Item().Value(func(record []byte) error {
			state, err := stateOf(c.key(), record)
			if err != nil || state != store.Pending {
				return err
			}
			pending = true
			d, err := openDelivery(c.key(), record)
			queued = d.queued
			return err
		})
		if err != nil || pending {
			return number, queued, err
		}
	}
	return number, time.Time{}, nil
}
