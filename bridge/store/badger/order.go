package badger

import (
	"fmt"
	"time"
)

// admit makes a pending delivery ready, or lets it wait where an earlier one of its order is pending. Of an
// order the lowest number is ready: one that is lower than the ready one takes its place.
func (b *batch) admit(q *queue, d *deliveryRecord) error {
	b.countPending(q, d.number)
	if !d.ordered() {
		b.ready(q, *d)
		return nil
	}
	h, found, err := b.head(q, *d)
	if err != nil {
		return err
	}
	switch {
	case !found:
		h.current = d.number
		b.ready(q, *d)
	case d.number < h.current:
		if err := b.displace(q, &h); err != nil {
			return err
		}
		h.current = d.number
		b.ready(q, *d)
	default:
		b.wait(q, &h, *d)
	}
	b.setHead(q, *d, h)
	return nil
}

func (b *batch) countPending(q *queue, number uint64) {
	b.after(func() {
		q.change(func() {
			q.pending++
			q.lowerPending(number)
		})
	})
}

// displace puts the delivery that may go back among those that wait.
func (b *batch) displace(q *queue, h *head) error {
	current, err := b.delivery(q, h.current)
	if err != nil {
		return err
	}
	b.unready(q, current)
	b.wait(q, h, current)
	return nil
}

// dismiss takes a delivery that is pending no more out of the queue, and lets the next one of its order go.
func (b *batch) dismiss(q *queue, d deliveryRecord, now time.Time) error {
	b.after(func() { q.change(func() { q.pending-- }) })
	if !d.ordered() {
		b.unready(q, d)
		return nil
	}
	h, found, err := b.head(q, d)
	if err != nil {
		return err
	}
	if found && h.current != d.number {
		b.unwait(q, &h, d)
		b.setHead(q, d, h)
		return nil
	}
	b.unready(q, d)
	return b.promote(q, h, d, now)
}

// promote lets the lowest waiting delivery of d's order go. It becomes due now.
func (b *batch) promote(q *queue, h head, d deliveryRecord, now time.Time) error {
	number, err := b.lowestWaiting(q, h, d)
	if err != nil {
		return err
	}
	if number == 0 {
		b.delete(orderKey(kindHead, q.id.Load(), d.order))
		return nil
	}
	next, err := b.delivery(q, number)
	if err != nil {
		return err
	}
	if next.due.Before(now) || next.attempts == 0 {
		next.due = now // a later one is of a clock that was set back
		b.setDelivery(q, next)
	}
	b.delete(waitingKey(q.id.Load(), d.order, number))
	b.ready(q, next)
	h.current, h.first = number, number+1
	if number >= h.last {
		h.first, h.last = 0, 0
	}
	b.setHead(q, d, h)
	return nil
}

// lowestWaiting finds the delivery that is next in d's order, 0 where there is none.
func (b *batch) lowestWaiting(q *queue, h head, d deliveryRecord) (uint64, error) {
	if h.first == 0 {
		return 0, nil
	}
	first := waitingKey(q.id.Load(), d.order, h.first)
	if found, err := b.get(first); err != nil || found != nil {
		return h.first, err
	}
	if h.first == h.last {
		return 0, nil
	}
	key, err := b.seek(orderKey(kindWaiting, q.id.Load(), d.order), first)
	if err != nil || key == nil {
		return 0, err
	}
	return numberIn(key, orderKeySize), nil
}

// postpone gives a pending delivery another time.
func (b *batch) postpone(q *queue, d *deliveryRecord, due time.Time) error {
	current := true
	if d.ordered() {
		h, found, err := b.head(q, *d)
		if err != nil {
			return err
		}
		current = !found || h.current == d.number
	}
	if current {
		b.unready(q, *d)
	}
	d.due = due
	if current {
		b.ready(q, *d)
	}
	return nil
}

func (b *batch) ready(q *queue, d deliveryRecord) {
	p := d.place()
	key := p.key(q.id.Load())
	w := newWriting(16)
	w.hash(d.order)
	b.set(key, w.seal(key))
	b.after(func() {
		q.change(func() { q.lower(p) })
		q.signal()
	})
}

func (b *batch) unready(q *queue, d deliveryRecord) { b.delete(d.place().key(q.id.Load())) }

func (b *batch) wait(q *queue, h *head, d deliveryRecord) {
	key := waitingKey(q.id.Load(), d.order, d.number)
	b.set(key, sealUint(key, 0))
	if h.first == 0 {
		h.first, h.last = d.number, d.number
	}
	h.first, h.last = min(h.first, d.number), max(h.last, d.number)
}

func (b *batch) unwait(q *queue, h *head, d deliveryRecord) {
	b.delete(waitingKey(q.id.Load(), d.order, d.number))
	if d.number == h.first {
		h.first++
	}
	if d.number == h.last {
		h.last--
	}
	if h.first > h.last {
		h.first, h.last = 0, 0
	}
}

func (b *batch) head(q *queue, d deliveryRecord) (h head, found bool, err error) {
	key := orderKey(kindHead, q.id.Load(), d.order)
	record, err := b.get(key)
	if err != nil || record == nil {
		return h, false, err
	}
	h, err = openHeadRow(key, record)
	return h, true, err
}

func (b *batch) setHead(q *queue, d deliveryRecord, h head) {
	key := orderKey(kindHead, q.id.Load(), d.order)
	b.set(key, h.seal(key))
}

// delivery reads a delivery that a row of the queue speaks of.
func (b *batch) delivery(q *queue, number uint64) (deliveryRecord, error) {
	d, found, err := b.findDelivery(q, number)
	if err == nil && !found {
		err = fmt.Errorf("read delivery %d to %q: %w", number, q.name, errDamaged)
	}
	return d, err
}

func (b *batch) findDelivery(q *queue, number uint64) (d deliveryRecord, found bool, err error) {
	key := deliveryKey(number, q.id.Load())
	record, err := b.get(key)
	if err != nil || record == nil {
		return d, false, err
	}
	d, err = openDelivery(key, record)
	return d, true, err
}

func (b *batch) setDelivery(q *queue, d deliveryRecord) {
	key := deliveryKey(d.number, q.id.Load())
	b.set(key, d.seal(key))
}

func (b *batch) setDead(q *queue, number uint64) {
	key := deadKey(q.id.Load(), number)
	b.put(row{key, sealUint(key, 0)})
	b.after(func() { q.change(func() { q.dead++ }) })
}

func (b *batch) unsetDead(q *queue, number uint64) {
	b.put(row{key: deadKey(q.id.Load(), number)})
	b.after(func() { q.change(func() { q.dead-- }) })
}
