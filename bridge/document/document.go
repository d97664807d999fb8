// Package document works on raw JSON bytes: it splits a body of any size into items, reads the value at a
// path, digests an item's canonical form, and tells where two documents differ. Nothing here builds a tree
// of Go values: an item that did not change costs one pass over its bytes.
//
// Split is the gate: it checks what it reads (syntax, UTF-8, unique names, bounds). All other functions
// trust that a document is valid; on one that is not, they return something of no meaning, but never panic.
package document

import "slices"

// Text reads a scalar as the text of a key: a string unescaped, a number in canonical decimal form, so that
// 42 and 42.0 are one key and no digit is lost, true and false as such. It reports false for null, objects,
// arrays and the empty string.
func Text(raw []byte) (text string, ok bool) {
	var room [128]byte
	found, ok := AppendText(room[:0], raw)
	return string(found), ok
}

// AppendText appends to dst what [Text] reads.
func AppendText(dst, raw []byte) (text []byte, ok bool) {
	i := skipSpace(raw, 0)
	if i >= len(raw) {
		return dst, false
	}
	length := len(dst)
	switch word := raw[i:endOfValue(raw, i)]; word[0] {
	case '{', '[', 'n':
	case '"':
		dst = appendUnquoted(dst, word)
	case 't', 'f':
		dst = append(dst, word...)
	default:
		dst = appendNumber(dst, word)
	}
	return dst, len(dst) > length
}

// Minify appends a valid JSON document to dst without white space, its strings and numbers untouched.
func Minify(dst, doc []byte) []byte {
	dst = slices.Grow(dst, len(doc))
	for i := 0; i < len(doc); {
		start := i
		switch c := doc[i]; {
		case isSpace(c):
			i++
			continue
		case c == '"':
			i, _ = endOfString(doc, i)
		default:
			i = endOfRun(doc, i)
		}
		dst = append(dst, doc[start:i]...)
	}
	return dst
}

// endOfRun returns where a run of neither strings nor white space ends.
func endOfRun(doc []byte, i int) int {
	for i < len(doc) && doc[i] != '"' && !isSpace(doc[i]) {
		i++
	}
	return i
}
