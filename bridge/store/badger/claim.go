package badger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// maxClaimBytes bounds the events of one claim: the rest is claimed by the next one.
const maxClaimBytes = 16 << 20

// A claim under way, which holds the lock of its queue.
type claim struct {
	view    view
	pending trail // of deliveries
	events  trail
	queue   *queue
	now     uint64 // sortable
	limit   int
	bytes   int
	claimed []store.Delivery
	next    time.Time
	stale   []place         // rows whose delivery is not pending there
	broken  map[place]error // deliveries that cannot be read
}

// Claim is described at [store.Outbox]. One claim takes events of at most 16 MiB, or one event. A delivery
// whose event cannot be read becomes a dead letter, so that it does not block its sink.
func (s *Store) Claim(
	ctx context.Context, sink string, now time.Time, limit int,
) ([]store.Delivery, time.Time, error) {
	q := s.outbox.queue(sink)
	c := claim{queue: q, now: sortable(now), limit: limit, broken: map[place]error{}}
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	if !q.saved.Load() {
		return nil, time.Time{}, nil
	}
	q.mutex.Lock()
	err := s.look(c.run)
	if err != nil {
		c.undo()
	}
	q.mutex.Unlock()
	if err == nil {
		err = s.mend(ctx, c)
	}
	if err != nil {
		_ = s.Release(ctx, c.claimed)
		return nil, time.Time{}, fmt.Errorf("claim deliveries to %q: %w", sink, err)
	}
	return c.claimed, c.next, nil
}

// run walks over the ready rows from the remembered place. The state it reads is that of a moment at which
// the lock was held already: what is settled after it is still marked as claimed.
func (c *claim) run(v view) error {
	c.view, c.pending, c.events = v, v.trail(kindDelivery), v.trail(kindEvent)
	defer c.pending.close()
	defer c.events.close()
	prefix := shortKey(kindReady, c.queue.id.Load())
	rows := v.walk(prefix)
	defer rows.Close()
	at := c.queue.from
	for rows.Seek(at.key(c.queue.id.Load())); rows.valid(); rows.Next() {
		_, p := readyPlace(rows.key())
		done, err := c.visit(rows, p)
		if err != nil {
			return err
		}
		if done {
			c.queue.from = p
			return nil
		}
		at = p.next()
	}
	c.queue.from = at
	return nil
}

// visit looks at one ready row, and is done when it must stay for a later claim.
func (c *claim) visit(rows cursor, p place) (done bool, err error) {
	if _, ok := c.queue.claimed[p.number]; ok {
		return false, nil
	}
	if order, ok := orderIn(rows); ok && c.queue.busy[order] {
		c.queue.skipped[order] = p
		return false, nil
	}
	if p.due > c.now || len(c.claimed) >= c.limit || c.bytes >= maxClaimBytes {
		c.next = instant(p.due)
		return true, nil
	}
	d, live, err := c.live(p)
	if err != nil || !live {
		return false, err
	}
	return false, c.take(p, d)
}

// orderIn reads the order out of the ready row at which a cursor stands, if it has one.
func orderIn(rows cursor) (order store.Hash, ordered bool) {
	_ = rows.Item().Value(func(record []byte) error {
		if r, err := open(rows.key(), record); err == nil {
			order = r.hash()
		}
		return nil
	})
	return order, order != store.Hash{}
}

// live reads the delivery of a ready row. The row may be one that Badger revived after its deletion: then it
// does not stand where the delivery says.
func (c *claim) live(p place) (d deliveryRecord, live bool, err error) {
	key := deliveryKey(p.number, c.queue.id.Load())
	record, err := c.pending.get(key)
	if err != nil {
		return d, false, err
	}
	if record != nil {
		if d, err = openDelivery(key, record); err != nil {
			c.broken[p] = err
			return d, false, nil //nolint:nilerr // it is kept, and buries the delivery
		}
	}
	if record == nil || d.state != store.Pending || d.place() != p {
		c.stale = append(c.stale, p)
		return d, false, nil
	}
	return d, true, nil
}

func (c *claim) take(p place, d deliveryRecord) error {
	key := longKey(kindEvent, p.number)
	record, err := c.events.get(key)
	if err != nil {
		return err
	}
	e, size, err := c.view.wholeEvent(key, record)
	if errors.Is(err, errDamaged) {
		c.broken[p] = err
		return nil
	}
	if err != nil {
		return err
	}
	c.bytes += size
	c.queue.claimed[p.number] = p
	if d.ordered() {
		c.queue.busy[d.order] = true
	}
	c.claimed = append(c.claimed, d.delivery(c.queue.name, e))
	return nil
}

// undo gives back what a claim that fails has taken.
func (c *claim) undo() {
	for _, d := range c.claimed {
		if p, ok := c.queue.free(d.Number, d.Order); ok {
			c.queue.lower(p)
		}
	}
	c.claimed = nil
}

// mend removes rows that should not be, and buries what cannot be read.
func (s *Store) mend(ctx context.Context, c claim) error {
	if len(c.stale) == 0 && len(c.broken) == 0 {
		return nil
	}
	return s.submit(ctx, func(b *batch) error {
		for _, p := range c.stale {
			if err := b.dropStale(c.queue, p); err != nil {
				return err
			}
		}
		for p, cause := range c.broken {
			if err := b.condemn(c.queue, p, cause, s.now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropStale deletes a ready row unless its delivery stands there by now.
func (b *batch) dropStale(q *queue, p place) error {
	d, found, err := b.findDelivery(q, p.number)
	if err != nil {
		return err
	}
	if !found || d.state != store.Pending || d.place() != p {
		b.delete(p.key(q.id.Load()))
	}
	return nil
}

// condemn makes a dead letter of a ready delivery that cannot be read.
func (b *batch) condemn(q *queue, p place, cause error, now time.Time) error {
	d, found, err := b.findDelivery(q, p.number)
	if errors.Is(err, errDamaged) {
		d, found, err = b.rebuild(q, p)
	}
	if err != nil || !found || d.state != store.Pending || d.place() != p {
		return err
	}
	if err := b.dismiss(q, d, now); err != nil {
		return err
	}
	d.state, d.reason, d.batch = store.Buried, cause.Error(), store.Batch{}
	b.setDelivery(q, d)
	b.setDead(q, p.number)
	return nil
}

// rebuild makes up a delivery whose row is damaged from its ready row.
func (b *batch) rebuild(q *queue, p place) (d deliveryRecord, found bool, err error) {
	key := p.key(q.id.Load())
	record, err := b.get(key)
	if err != nil || record == nil {
		return d, false, err
	}
	r, err := open(key, record)
	d.number, d.due, d.order = p.number, instant(p.due), r.hash()
	return d, true, err
}

// Release is described at [store.Outbox].
func (s *Store) Release(_ context.Context, claimed []store.Delivery) error {
	for _, d := range claimed {
		q := s.outbox.queue(d.Sink)
		q.change(func() {
			if p, ok := q.free(d.Number, d.Order); ok {
				q.lower(p)
			}
		})
		q.signal()
	}
	return nil
}

// Ready is described at [store.Outbox]. A sink has one channel.
func (s *Store) Ready(sink string) <-chan struct{} { return s.outbox.queue(sink).ready }
