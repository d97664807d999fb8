package badger

// sequenceStep is how many numbers one row sets aside; a restart skips what is left of them.
const sequenceStep = 1 << 16

// A sequence gives numbers to events and blobs, each once in the life of a state. Only the writer uses it.
type sequence struct{ next, reserved uint64 }

// take returns the first of count numbers. A write that does not come about leaves a gap.
func (s *sequence) take(b *batch, count int) uint64 {
	first := s.next
	s.next += uint64(count)
	if end := s.next; end > s.reserved {
		end += sequenceStep
		b.put(row{[]byte(keySequence), sealUint([]byte(keySequence), end)})
		b.after(func() { s.reserved = max(s.reserved, end) })
	}
	return first
}

func (s *sequence) restore(v view) error {
	key := []byte(keySequence)
	record, err := v.get(key)
	if err != nil {
		return err
	}
	s.next = 1
	if record != nil {
		s.next, err = openUint(key, record)
	}
	s.reserved = s.next
	return err
}
