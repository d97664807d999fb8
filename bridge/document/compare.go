package document

import (
	"slices"

	"github.com/zeebo/xxh3"
)

// Rules say what counts as a change.
type Rules struct {
	Ignore []Path // never count
	Watch  []Path // where given, only these count
	Sets   []Path // arrays whose order does not matter
}

// A Comparer makes the hashes by which items are compared. It is safe for concurrent use.
//
// All of them are keyed hashes of 128 bits (XXH3), so that nobody who does not know the seed can make two
// documents that collide on purpose. The digest of an object is built from a sum over its members, which
// makes it independent of their order without sorting, in one pass over the bytes.
type Comparer struct {
	seed  uint64
	rules *node // nil: everything counts as it stands
	all   bool  // everything counts unless a rule says otherwise; else only what is watched
	print [16]byte
}

// algorithm changes whenever equal documents would get another digest than before.
const algorithm = "hookbridge digest 1\n"

// NewComparer makes a comparer. The seed keys all its hashes.
func NewComparer(rules Rules, seed uint64) *Comparer {
	return &Comparer{seed: seed, rules: compile(rules), all: len(rules.Watch) == 0, print: rules.fingerprint()}
}

// Fingerprint identifies the rules and the way of digesting: digests made under another one cannot be compared.
func (c *Comparer) Fingerprint() [16]byte { return c.print }

// Key hashes an item's key.
func (c *Comparer) Key(key string) [16]byte { return xxh3.HashString128Seed(key, c.seed).Bytes() }

// Raw hashes an item's raw bytes.
func (c *Comparer) Raw(doc []byte) [16]byte { return xxh3.Hash128Seed(doc, c.seed).Bytes() }

// fingerprint hashes the rules, in whatever order they were given.
func (r Rules) fingerprint() [16]byte {
	text := []byte(algorithm)
	for _, group := range []struct {
		name  string
		paths []Path
	}{{"ignore", r.Ignore}, {"watch", r.Watch}, {"sets", r.Sets}} {
		var lines []string
		for _, path := range group.paths {
			lines = append(lines, group.name+" "+path.String()+"\n")
		}
		slices.Sort(lines)
		for _, line := range slices.Compact(lines) {
			text = append(text, line...)
		}
	}
	return xxh3.Hash128(text).Bytes()
}

// A node is a place in the tree of all paths of the rules, walked alongside the document.
type node struct {
	members  []named
	elements []numbered
	each     *node
	ignore   bool
	watch    bool
	set      bool
	leads    bool // something below is watched
}

type named struct {
	name string
	node *node
}

type numbered struct {
	index int
	node  *node
}

func compile(rules Rules) *node {
	if len(rules.Ignore)+len(rules.Watch)+len(rules.Sets) == 0 {
		return nil
	}
	root := &node{}
	for _, path := range rules.Ignore {
		root.at(path, false).ignore = true
	}
	for _, path := range rules.Watch {
		root.at(path, true).watch = true
	}
	for _, path := range rules.Sets {
		root.at(path, false).set = true
	}
	root.settle()
	return root
}

// at returns the node at the path, made where it is missing.
func (n *node) at(path Path, watched bool) *node {
	for _, step := range path {
		n.leads = n.leads || watched
		n = n.step(step)
	}
	return n
}

func (n *node) step(step Step) *node {
	switch step.Kind {
	case Each:
		if n.each == nil {
			n.each = &node{}
		}
		return n.each
	case Element:
		if found := n.element(step.Index); found != nil {
			return found
		}
		n.elements = append(n.elements, numbered{step.Index, &node{}})
		return n.elements[len(n.elements)-1].node
	}
	if found := n.member([]byte(step.Name), false); found != nil {
		return found
	}
	n.members = append(n.members, named{step.Name, &node{}})
	return n.members[len(n.members)-1].node
}

// settle gives each numbered element the rules for every element as well.
func (n *node) settle() {
	if n == nil {
		return
	}
	for _, e := range n.elements {
		e.node.adopt(n.each)
		e.node.settle()
	}
	for _, m := range n.members {
		m.node.settle()
	}
	n.each.settle()
}

// adopt adds the rules of another node, and of all below it.
func (n *node) adopt(other *node) {
	if other == nil {
		return
	}
	n.ignore, n.watch = n.ignore || other.ignore, n.watch || other.watch
	n.set, n.leads = n.set || other.set, n.leads || other.leads
	for _, m := range other.members {
		n.step(Step{Kind: Member, Name: m.name}).adopt(m.node)
	}
	for _, e := range other.elements {
		n.step(Step{Kind: Element, Index: e.index}).adopt(e.node)
	}
	if other.each != nil {
		n.step(Step{Kind: Each}).adopt(other.each)
	}
}

// member returns the rules for a member, given by the inside of its quoted name, nil where there are none.
func (n *node) member(name []byte, escaped bool) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if sameName(name, escaped, m.name) {
			return m.node
		}
	}
	return nil
}

// element returns the rules for the numbered element alone.
func (n *node) element(index int) *node {
	for _, e := range n.elements {
		if e.index == index {
			return e.node
		}
	}
	return nil
}

// elementOrEach returns the rules for an element, nil where there are none.
func (n *node) elementOrEach(index int) *node {
	if n == nil {
		return nil
	}
	if found := n.element(index); found != nil {
		return found
	}
	return n.each
}
