package poll

import (
	"context"
	"encoding/binary"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Bounds of what is taken for a new shape of keys, and of what it takes to find out.
const (
	reshapedLeast = 5   // items that are gone: with fewer it may well be chance
	reshapedNames = 200 // names of members that are looked at
)

// reshaped reports whether the API has changed the shape of its keys, and not the items, such as from 42 to
// "gid://42". That is so where
//
//   - more than half of the items that were there, and at least reshapedLeast, are gone at once, and at least
//     half as many are new;
//   - of the members (of the items' top level) some kept their values: at least half of the values that a member
//     had in the gone items are found in the new ones. The others, the key among them, are left out of account;
//   - by these members alone, at least half of the gone items are found among the new ones, and tell each other
//     apart: at least half as many different ones as are gone.
//
// It holds for full listings and for windows. Where nothing of the kind is suspected it costs nothing; else it
// reads the gone and the new items twice, and holds samples of bounded size, by which it estimates the halves
// where there are more than a few hundred items.
func (r *run) reshaped(ctx context.Context) (bool, error) {
	if r.gone < reshapedLeast || 2*r.gone <= r.present || 2*r.stage.creates < r.gone {
		return false, nil
	}
	shape := shape{plain: document.NewComparer(document.Rules{}, r.store.Seed()), members: map[string]*pair{}}
	if err := r.moved(ctx, shape.look); err != nil || !shape.choose() {
		return false, err
	}
	if err := r.moved(ctx, shape.weigh); err != nil {
		return false, err
	}
	apart := 2*len(shape.items.gone.all()) >= r.gone || shape.items.gone.cut > 0
	return apart && shape.items.alike(), nil
}

// moved yields the items that are gone, as they were, and those that are new.
func (r *run) moved(ctx context.Context, yield func(gone bool, body []byte)) error {
	for c, err := range r.stage.all() {
		if err != nil {
			return err
		}
		switch {
		case c.change == bridge.Created:
			yield(false, c.body)
		case c.leaves():
			was, err := r.stored(ctx, c.entry)
			if err != nil {
				return err
			}
			yield(true, was.Body)
		}
	}
	return nil
}

// leaves reports whether an item that was there before is gone with this poll.
func (c *staged) leaves() bool {
	return !c.silent && (c.change == bridge.Deleted && c.entry.Absent == 0 || c.change == bridge.None && c.entry.Absent == 1)
}

// A shape compares items by those of their members that kept their values.
type shape struct {
	plain   *document.Comparer
	members map[string]*pair // their values, by name
	kept    map[string]bool
	items   pair
}

// look takes in the members of an item.
func (s *shape) look(gone bool, body []byte) {
	for name, value := range document.Members(body) {
		p := s.members[name]
		if p == nil && len(s.members) < reshapedNames {
			p = &pair{}
			s.members[name] = p
		}
		if p != nil {
			p.side(gone).add(s.hash(value))
		}
	}
}

// choose keeps the members whose values stayed, and reports whether there are any.
func (s *shape) choose() bool {
	s.kept = map[string]bool{}
	for name, p := range s.members {
		if p.alike() {
			s.kept[name] = true
		}
	}
	return len(s.kept) > 0
}

// weigh takes in an item by what is kept of it.
func (s *shape) weigh(gone bool, body []byte) {
	sum := uint64(0)
	for name, value := range document.Members(body) {
		if s.kept[name] {
			named := s.plain.Raw(binary.BigEndian.AppendUint64([]byte(name), s.hash(value)))
			sum += first(named)
		}
	}
	s.items.side(gone).add(sum)
}

func (s *shape) hash(value []byte) uint64 { return first(s.plain.Digest(value)) }

func first(h store.Hash) uint64 { return binary.BigEndian.Uint64(h[:8]) }
