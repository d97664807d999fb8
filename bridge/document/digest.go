package document

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeebo/xxh3"
)

type hash = xxh3.Uint128

// Each kind of value is hashed with a seed of its own.
const (
	tagWord = iota + 1
	tagString
	tagNumber
	tagMember
	tagElement
	tagObject
	tagArray
	tagSet
	tagPart
)

// Digest hashes the canonical form of a valid JSON document under the rules: the order of members does not
// count, strings count by what they mean, numbers by their exact value.
//
// Where Watch is given, the values at these paths count, and of what lies around them only where they
// stand: a watched path that is absent counts as nothing. A document of which nothing counts has the
// digest zero.
func (c *Comparer) Digest(doc []byte) [16]byte {
	w := walk{doc: doc, seed: c.seed, at: skipSpace(doc, 0)}
	root, counts := place{nil, c.all}.below(c.rules)
	if !counts {
		return [16]byte{}
	}
	sum, counts := w.value(root)
	if !counts {
		return [16]byte{}
	}
	return sum.Bytes()
}

// A place is where a walk stands among the rules.
type place struct {
	rules *node
	all   bool // everything here counts unless a rule says otherwise
}

// below returns the place of a part under its rules, and whether it may count at all.
func (p place) below(rules *node) (place, bool) {
	if rules == nil {
		return place{nil, p.all}, p.all
	}
	inside := place{rules, p.all || rules.watch}
	return inside, !rules.ignore && (inside.all || rules.leads)
}

// A walk is one pass over a document.
type walk struct {
	doc  []byte
	seed uint64
	at   int
}

// value hashes the value that starts here and steps over it; ok is false where nothing of it counts.
func (w *walk) value(p place) (sum hash, ok bool) {
	if w.at >= len(w.doc) {
		return hash{}, false
	}
	switch w.doc[w.at] {
	case '{':
		return w.object(p)
	case '[':
		return w.array(p)
	}
	if !p.all {
		w.skip()
		return hash{}, false
	}
	return w.leaf(), true
}

func (w *walk) skip() { w.at = endOfValue(w.doc, w.at) }

func (w *walk) leaf() hash {
	start := w.at
	switch c := w.doc[start]; {
	case c == '"':
		end, escaped := endOfString(w.doc, start)
		w.at = end
		return w.text(w.doc[start+1:max(start+1, end-1)], escaped)
	case c == '-' || c >= '0' && c <= '9':
		w.skip()
		return w.number(w.doc[start:w.at])
	}
	w.skip()
	return xxh3.Hash128Seed(w.doc[start:w.at], w.seed+tagWord)
}

// text hashes the inside of a string by what it means.
func (w *walk) text(inner []byte, escaped bool) hash {
	if escaped {
		return w.unescaped(inner)
	}
	return xxh3.Hash128Seed(inner, w.seed+tagString)
}

func (w *walk) unescaped(inner []byte) hash {
	var room [256]byte
	return xxh3.Hash128Seed(unescape(room[:0], inner), w.seed+tagString)
}

// number hashes the exact value of a number.
func (w *walk) number(raw []byte) hash {
	d, plain := parseInteger(raw)
	if !plain {
		d = parseDecimal(raw)
	}
	var room [64]byte
	buf := binary.LittleEndian.AppendUint64(room[:0], uint64(d.point))
	if d.negative {
		buf = append(buf, '-')
	}
	buf = append(buf, d.whole...)
	buf = append(buf, d.fraction...)
	if d.far != "" {
		buf = append(buf, 'e')
		buf = append(buf, d.far...)
	}
	return xxh3.Hash128Seed(buf, w.seed+tagNumber)
}

func (w *walk) object(p place) (hash, bool) {
	var sum hash
	count := uint64(0)
	for w.at++; ; {
		name, escaped, value, next, ok := nextMember(w.doc, w.at)
		w.at = next
		if !ok {
			break
		}
		w.at = value
		inside, counts := p.below(p.rules.member(name, escaped))
		if !counts {
			w.skip()
			continue
		}
		if part, ok := w.value(inside); ok {
			sum = add(sum, w.pair(w.text(name, escaped), part, tagMember))
			count++
		}
	}
	return w.close(sum, count, p, tagObject)
}

func (w *walk) array(p place) (hash, bool) {
	var sum hash
	position, count := uint64(0), uint64(0)
	for w.at++; ; position++ {
		next, ok := nextElement(w.doc, w.at)
		w.at = next
		if !ok {
			break
		}
		inside, counts := p.below(p.rules.elementOrEach(int(position)))
		if !counts {
			w.skip()
			continue
		}
		if part, ok := w.value(inside); ok {
			sum = add(sum, w.element(part, p, position, count))
			count++
		}
	}
	return w.close(sum, count, p, arrayTag(p))
}

// element hashes an element with where it stands: in an array that counts as a whole among what is not
// ignored, in one that only leads to watched parts where it stands in fact, in a set nowhere.
func (w *walk) element(part hash, p place, position, count uint64) hash {
	switch {
	case p.rules != nil && p.rules.set:
		return w.pair(hash{}, part, tagElement)
	case p.all:
		return w.pair(hash{Lo: count + 1}, part, tagElement)
	}
	return w.pair(hash{Lo: position + 1}, part, tagElement)
}

func arrayTag(p place) uint64 {
	if p.rules != nil && p.rules.set {
		return tagSet
	}
	return tagArray
}

// close hashes the sum over a container's parts. A container that only leads to watched parts counts by
// these alone.
func (w *walk) close(sum hash, count uint64, p place, tag uint64) (hash, bool) {
	if !p.all {
		return w.pair(sum, hash{Lo: count}, tagPart), count > 0
	}
	return w.pair(sum, hash{Lo: count}, tag), true
}

// pair hashes two hashes into one.
func (w *walk) pair(a, b hash, tag uint64) hash {
	var buf [32]byte
	binary.LittleEndian.PutUint64(buf[0:], a.Lo)
	binary.LittleEndian.PutUint64(buf[8:], a.Hi)
	binary.LittleEndian.PutUint64(buf[16:], b.Lo)
	binary.LittleEndian.PutUint64(buf[24:], b.Hi)
	return xxh3.Hash128Seed(buf[:], w.seed+tag)
}

func add(a, b hash) hash {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	hi, _ := bits.Add64(a.Hi, b.Hi, carry)
	return hash{Lo: lo, Hi: hi}
}
