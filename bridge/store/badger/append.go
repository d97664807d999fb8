package badger

import (
	"slices"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// append makes an event findable by its id, and queues its deliveries. An id that was given before, which no
// caller should do, leads to the newer event from then on; both are delivered.
func (s *Store) append(b *batch, a store.Append, number uint64) error {
	key := idKey(a.Event.ID)
	b.set(key, sealUint(key, number))
	for i, target := range a.To {
		if slices.ContainsFunc(a.To[:i], func(t store.Target) bool { return t.Sink == target.Sink }) {
			continue
		}
		q, err := b.sink(s.outbox, target.Sink)
		if err != nil {
			return err
		}
		if err := s.deliver(b, q, number, target.Order, a.Bury); err != nil {
			return err
		}
	}
	return nil
}

// deliver makes a new delivery, or a dead letter where there is a reason for it.
func (s *Store) deliver(b *batch, q *queue, number uint64, order store.Hash, bury string) error {
	now := s.now()
	d := deliveryRecord{number: number, due: now, queued: now, order: order}
	if bury != "" {
		d.state, d.reason = store.Buried, bury
		b.setDead(q, number)
	} else if err := b.admit(q, &d); err != nil {
		return err
	}
	b.setDelivery(q, d)
	return nil
}

func idKey(id string) []byte { return append([]byte{kindID}, id...) }
