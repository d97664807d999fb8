package badger

import (
	"context"
	"errors"
	"fmt"
)

// maxGroup bounds the writes that one transaction merges.
const maxGroup = 1024

var errClosed = errors.New("state is closed")

// A write is a change that stands or falls as one. Apply reads and writes through the batch, has no other
// effect, and may run more than once.
type write struct {
	ctx    context.Context
	apply  func(*batch) error
	answer chan error
}

// submit hands a change to the writer and returns when it is synced to disk, or was not applied. A context
// that ends before the change is applied stops it; after that the outcome is waited for.
func (s *Store) submit(ctx context.Context, apply func(*batch) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.readers.Done()
	w := &write{ctx, apply, make(chan error, 1)}
	select {
	case s.writes <- w:
		return <-w.answer
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write applies writes in groups until the channel is closed and drained.
func (s *Store) write() {
	var left []*write
	for {
		group := s.collect(left)
		if len(group) == 0 {
			return
		}
		left = s.writeGroup(group)
	}
}

// collect returns what waits, and blocks while nothing does.
func (s *Store) collect(left []*write) []*write {
	if len(left) == 0 {
		w, ok := <-s.writes
		if !ok {
			return nil
		}
		left = append(left, w)
	}
	for len(left) < maxGroup {
		select {
		case w, ok := <-s.writes:
			if !ok {
				return left
			}
			left = append(left, w)
		default:
			return left
		}
	}
	return left
}

// writeGroup commits as many of the writes as fit together, in their order, and returns the others.
func (s *Store) writeGroup(group []*write) (left []*write) {
	b := newBatch(s.db)
	defer b.discard()
	var joined []*write
	for i, w := range group {
		err := s.tryOne(b, w)
		if errors.Is(err, errAlone) {
			left = group[i:]
			break
		}
		if err != nil {
			w.answer <- err
			continue
		}
		joined = append(joined, w)
	}
	err := s.commitBatch(b)
	for _, w := range joined {
		w.answer <- err
	}
	return left
}

func (s *Store) tryOne(b *batch, w *write) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	err := b.try(w.apply)
	if errors.Is(err, errAlone) && b.first() {
		return fmt.Errorf("apply write: %w", errTooLarge)
	}
	return err
}

// commitBatch commits a batch as the next one of the chain. An empty one is none.
func (s *Store) commitBatch(b *batch) error {
	if b.joined == 0 {
		return nil
	}
	if err := s.chain.link(b); err != nil {
		return err
	}
	s.space.brake.fill(b)
	err := s.commit(b)
	s.chain.linked(err)
	return err
}

// commitRows is writeRows for when there is no writer yet.
func (s *Store) commitRows(rows []row) error {
	return inChunks(rows, limitsOf(s.db), func(some []row) error {
		return s.commitOne(func(b *batch) error {
			b.put(some...)
			return nil
		})
	})
}

// commitOne is submit for when there is no writer yet.
func (s *Store) commitOne(apply func(*batch) error) error {
	b := newBatch(s.db)
	defer b.discard()
	if err := b.try(apply); err != nil {
		return err
	}
	return s.commitBatch(b)
}
