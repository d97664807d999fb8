package poll

import (
	"maps"
	"slices"
)

// sketchSize is how many hashes a sketch keeps.
const sketchSize = 512

// A sketch is a set of hashes of which, where it grows large, only the smallest are kept. Two sketches of one
// kind keep the same sample of what they have in common, so that they tell how alike the whole sets are. The
// zero sketch is empty.
type sketch struct {
	hashes map[uint64]struct{}
	cut    uint64 // larger ones were left out; 0: none was
}

func (s *sketch) add(hash uint64) {
	if s.cut > 0 && hash > s.cut {
		return
	}
	if s.hashes == nil {
		s.hashes = map[uint64]struct{}{}
	}
	s.hashes[hash] = struct{}{}
	if len(s.hashes) >= 2*sketchSize {
		s.trim()
	}
}

func (s *sketch) trim() {
	sorted := slices.Sorted(maps.Keys(s.hashes))
	s.cut = sorted[sketchSize-1]
	for _, hash := range sorted[sketchSize:] {
		delete(s.hashes, hash)
	}
}

func (s *sketch) all() map[uint64]struct{} { return s.hashes }

// A pair is what is gone, and what is new.
type pair struct{ gone, fresh sketch }

func (p *pair) side(gone bool) *sketch {
	if gone {
		return &p.gone
	}
	return &p.fresh
}

// alike reports whether at least half of what is gone is among what is new.
func (p *pair) alike() bool {
	total, found := 0, 0
	for hash := range p.gone.hashes {
		if p.fresh.cut > 0 && hash > p.fresh.cut {
			continue
		}
		total++
		if _, ok := p.fresh.hashes[hash]; ok {
			found++
		}
	}
	return total > 0 && 2*found >= total
}
