package document

import (
	"bytes"
	"strconv"
	"strings"
)

// maxPointers bounds what one container adds to a difference: where more of it differs, the container
// itself is what differs.
const maxPointers = 1000

// Diff returns the JSON Pointers (RFC 6901) at which two valid JSON documents differ: what was changed or
// removed in the order of before, in each object followed by what was added, in the order of after. Putting
// the values of after at these pointers into before, and removing what has none there, gives after. Numbers
// are compared by value, strings by what they mean, members by name, elements by position. Of a container
// with more than 1,000 differences only its own pointer is given; "" is the whole document.
func Diff(before, after []byte) []string {
	var d differ
	d.value(trimSpace(before), trimSpace(after))
	return d.found
}

// differ walks two documents side by side.
type differ struct {
	found   []string
	pointer []byte
}

func (d *differ) report() { d.found = append(d.found, string(d.pointer)) }

func (d *differ) value(before, after []byte) {
	if bytes.Equal(before, after) {
		return
	}
	kind := kindOf(before)
	if kind != kindOf(after) {
		d.report()
		return
	}
	start := len(d.found)
	switch kind {
	case '{':
		d.objects(before, after, start)
	case '[':
		d.arrays(before, after, start)
	default:
		if !sameLeaf(kind, before, after) {
			d.report()
		}
		return
	}
	if d.full(start) {
		d.found = d.found[:start]
		d.report()
	}
}

// full reports whether more was found since start than one container may add.
func (d *differ) full(start int) bool { return len(d.found)-start > maxPointers }

func (d *differ) objects(before, after []byte, start int) {
	old, current := members(before), members(after)
	for _, m := range old.list {
		if d.full(start) {
			return
		}
		d.below(m.name, m.value, current.find(m.name))
	}
	for _, m := range current.list {
		if d.full(start) {
			return
		}
		if old.find(m.name) == nil {
			d.below(m.name, nil, m.value)
		}
	}
}

func (d *differ) arrays(before, after []byte, start int) {
	a, b := arrayReader{doc: before, at: 1}, arrayReader{doc: after, at: 1}
	for position := 0; !d.full(start); position++ {
		old, current := a.next(), b.next()
		if old == nil && current == nil {
			return
		}
		d.below(strconv.Itoa(position), old, current)
	}
}

// below compares two values one step down, of which one may be absent.
func (d *differ) below(token string, before, after []byte) {
	length := len(d.pointer)
	d.pointer = append(d.pointer, '/')
	d.pointer = append(d.pointer, escapeToken(token)...)
	if before == nil || after == nil {
		d.report()
	} else {
		d.value(before, after)
	}
	d.pointer = d.pointer[:length]
}

// escapeToken writes a reference token of a JSON Pointer (RFC 6901, section 3).
func escapeToken(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

// kindOf returns the first byte of a value, one and the same for all numbers and for true and false.
func kindOf(raw []byte) byte {
	if len(raw) == 0 {
		return 0
	}
	switch c := raw[0]; c {
	case '{', '[', '"', 'n':
		return c
	case 't', 'f':
		return 't'
	}
	return '0'
}

func sameLeaf(kind byte, before, after []byte) bool {
	switch kind {
	case '"':
		return bytes.Equal(appendUnquoted(nil, before), appendUnquoted(nil, after))
	case '0':
		return bytes.Equal(appendNumber(nil, before), appendNumber(nil, after))
	}
	return bytes.Equal(before, after)
}

// object holds the members of an object, in their order and by name.
type object struct {
	list   []member
	byName map[string][]byte // only for large objects
}

type member struct {
	name  string
	value []byte
}

// small is the number of members up to which looking through them all is fastest.
const small = 16

func members(doc []byte) object {
	var o object
	for i := 1; ; {
		name, escaped, value, _, ok := nextMember(doc, i)
		if !ok {
			break
		}
		i = endOfValue(doc, value)
		o.list = append(o.list, member{textOf(name, escaped), doc[value:i]})
	}
	if len(o.list) > small {
		o.byName = make(map[string][]byte, len(o.list))
		for _, m := range o.list {
			o.byName[m.name] = m.value
		}
	}
	return o
}

func textOf(inner []byte, escaped bool) string {
	if escaped {
		return string(unescape(nil, inner))
	}
	return string(inner)
}

// find returns the value of a member, nil where there is none.
func (o object) find(name string) []byte {
	if o.byName != nil {
		return o.byName[name]
	}
	for _, m := range o.list {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// arrayReader gives out the elements of an array.
type arrayReader struct {
	doc []byte
	at  int
}

// next returns the next element, nil after the last one.
func (a *arrayReader) next() []byte {
	start, ok := nextElement(a.doc, a.at)
	if !ok {
		a.at = len(a.doc)
		return nil
	}
	a.at = endOfValue(a.doc, start)
	return a.doc[start:a.at]
}
