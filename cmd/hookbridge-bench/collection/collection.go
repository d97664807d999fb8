// Package collection is what the benchmarks' API lists, and how it changes. All of it follows from a seed: the process
// that serves a collection and the one that judges what became of it hold the same, and send each other nothing of it.
//
// Items look like the issues of a code forge: about 500 bytes of JSON with two nested objects, an array, some escapes
// and letters beyond ASCII, minified.
package collection

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/zeebo/xxh3"
)

// Collection is a list of items. It is not safe for concurrent use.
type Collection struct {
	seed     uint64
	ids      []uint32 // as they are listed
	versions []uint32 // by id; 0 is the first
	random   *rand.Rand
	Views    uint32 // the volatile field of each item, below 90,000,000
}

// New makes a collection of so many items.
func New(seed uint64, items int) *Collection {
	c := &Collection{seed: seed, random: rand.New(rand.NewPCG(seed, 1))}
	c.create(items)
	return c
}

// Len is the number of items that are listed.
func (c *Collection) Len() int { return len(c.ids) }

// A Mix says how many items change in each way. No item changes twice.
type Mix struct{ Created, Updated, Deleted int }

// Total is the number of changes.
func (m Mix) Total() int { return m.Created + m.Updated + m.Deleted }

// The ways in which an item changes, in the words of the events.
const (
	Created = "created"
	Updated = "updated"
	Deleted = "deleted"
)

// A Change is one item that changed, and the hashes of its bytes, 0 where there was or is none.
type Change struct {
	Position int // in the listing when it changed
	Key      string
	Kind     string
	Before   uint64
	After    uint64
	Lagging  []uint64 // what before may be as well: the item as it was shown under other views
}

// Change lets items change, and returns what changed in the order of the listing.
func (c *Collection) Change(mix Mix) []Change {
	chosen := c.random.Perm(len(c.ids))[:min(mix.Updated+mix.Deleted, len(c.ids))]
	deleted := chosen[:mix.Deleted]
	slices.Sort(deleted)
	slices.Sort(chosen[mix.Deleted:])
	changes := make([]Change, 0, mix.Total())
	for _, position := range chosen[mix.Deleted:] {
		changes = append(changes, c.update(position))
	}
	for _, position := range deleted {
		lagging := c.lagging(c.ids[position])
		changes = append(changes, c.change(position, Deleted, c.hash(c.ids[position]), 0, lagging))
	}
	c.remove(deleted)
	for range mix.Created {
		c.create(1)
		last := len(c.ids) - 1
		changes = append(changes, c.change(last, Created, 0, c.hash(c.ids[last]), nil))
	}
	return changes
}

func (c *Collection) create(items int) {
	for range items {
		c.ids = append(c.ids, uint32(len(c.versions)))
		c.versions = append(c.versions, 0)
	}
}

// Update lets the item at a position change.
func (c *Collection) Update(position int) Change { return c.update(position) }

func (c *Collection) update(position int) Change {
	id := c.ids[position]
	before, lagging := c.hash(id), c.lagging(id)
	c.versions[id]++
	return c.change(position, Updated, before, c.hash(id), lagging)
}

// remove takes the items at these positions, which ascend, off the list.
func (c *Collection) remove(positions []int) {
	for _, position := range slices.Backward(positions) {
		c.ids = slices.Delete(c.ids, position, position+1)
	}
}

func (c *Collection) change(position int, kind string, before, after uint64, lagging []uint64) Change {
	return Change{Position: position, Key: c.key(position), Kind: kind, Before: before, After: after, Lagging: lagging}
}

// lagging returns the hashes of an item under all views that were shown before these. The program brings the copies
// of a large collection, whose ignored fields are new with each poll, up to date by shares.
func (c *Collection) lagging(id uint32) (hashes []uint64) {
	views := c.Views
	defer func() { c.Views = views }()
	for c.Views = range views {
		hashes = append(hashes, c.hash(id))
	}
	return hashes
}

func (c *Collection) key(position int) string {
	return strconv.FormatUint(uint64(c.ids[position]), 10)
}

func (c *Collection) hash(id uint32) uint64 { return Hash(c.appendItem(nil, id)) }

// Hash is the hash by which the bytes of items are compared.
func Hash(item []byte) uint64 { return xxh3.Hash(item) }
