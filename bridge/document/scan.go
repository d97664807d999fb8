package document

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file step over the parts of a valid document. An index past the end is len(doc).

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func skipSpace(doc []byte, i int) int {
	for i < len(doc) && isSpace(doc[i]) {
		i++
	}
	return i
}

// endOfString returns the index after the string that starts at i, and whether it has escapes.
func endOfString(doc []byte, i int) (end int, escaped bool) {
	for i++; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			escaped = true
			i++
		}
	}
	return len(doc), escaped
}

// endOfValue returns the index after the value that starts at i.
func endOfValue(doc []byte, i int) int {
	if i >= len(doc) {
		return len(doc)
	}
	switch doc[i] {
	case '"':
		end, _ := endOfString(doc, i)
		return end
	case '{', '[':
		return endOfContainer(doc, i)
	}
	return endOfWord(doc, i)
}

func endOfContainer(doc []byte, i int) int {
	for depth := 0; i < len(doc); {
		switch doc[i] {
		case '"':
			i, _ = endOfString(doc, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth <= 0 {
				return i + 1
			}
		}
		i++
	}
	return len(doc)
}

// endOfWord returns the index after a number, true, false or null.
func endOfWord(doc []byte, i int) int {
	for i++; i < len(doc); i++ {
		switch doc[i] {
		case ',', '}', ']', ':', '"', '{', '[', ' ', '\n', '\r', '\t':
			return i
		}
	}
	return len(doc)
}

// nextMember steps from within an object (after its brace or comma) to the next member; ok is false at
// the end of the object, where next is the index after it.
func nextMember(doc []byte, i int) (name []byte, escaped bool, value, next int, ok bool) {
	i = skipSeparator(doc, i)
	if i >= len(doc) || doc[i] != '"' {
		return nil, false, 0, min(i+1, len(doc)), false
	}
	end, escaped := endOfString(doc, i)
	name = doc[i+1 : max(i+1, end-1)]
	value = skipSpace(doc, end)
	if value < len(doc) && doc[value] == ':' {
		value = skipSpace(doc, value+1)
	}
	return name, escaped, value, value, true
}

// nextElement steps from within an array to the next element; ok is false at the end of the array, where
// next is the index after it.
func nextElement(doc []byte, i int) (next int, ok bool) {
	i = skipSeparator(doc, i)
	if i >= len(doc) || doc[i] == ']' {
		return min(i+1, len(doc)), false
	}
	return i, true
}

func skipSeparator(doc []byte, i int) int {
	i = skipSpace(doc, i)
	if i < len(doc) && doc[i] == ',' {
		i = skipSpace(doc, i+1)
	}
	return i
}

// depthBelow reports whether a document nests no deeper than most. Its length alone tells for most.
func depthBelow(doc []byte, most int) bool {
	if most <= 0 || len(doc)/2 <= most {
		return true
	}
	depth := 0
	for i := 0; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			end, _ := endOfString(doc, i)
			i = end - 1
		case '{', '[':
			if depth++; depth > most {
				return false
			}
		case '}', ']':
			depth--
		}
	}
	return true
}

// appendUnquoted appends what a string means, given with its quotes.
func appendUnquoted(dst, quoted []byte) []byte {
	if len(quoted) < 2 {
		return dst
	}
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return append(dst, inner...)
	}
	return unescape(dst, inner)
}

// sameName reports whether the inside of a string means the text of name.
func sameName(inner []byte, escaped bool, name string) bool {
	if !escaped {
		return string(inner) == name
	}
	var room [128]byte
	return string(unescape(room[:0], inner)) == name
}

// unescape appends what the inside of a string means. A surrogate without its half reads as U+FFFD.
func unescape(dst, inner []byte) []byte {
	for len(inner) > 0 {
		run := bytes.IndexByte(inner, '\\')
		if run < 0 || run+1 >= len(inner) {
			return append(dst, inner...)
		}
		dst = append(dst, inner[:run]...)
		if inner[run+1] == 'u' {
			r, next := escapedRune(inner, run)
			dst, inner = utf8.AppendRune(dst, r), inner[next:]
			continue
		}
		dst, inner = append(dst, plainEscape(inner[run+1])), inner[run+2:]
	}
	return dst
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// escapedRune reads the \uXXXX at i, and a second one where the first is half of a surrogate pair.
func escapedRune(inner []byte, i int) (r rune, next int) {
	r, i = hexRune(inner, i)
	if !utf16.IsSurrogate(r) || i+1 >= len(inner) || inner[i] != '\\' || inner[i+1] != 'u' {
		return r, i
	}
	second, next := hexRune(inner, i)
	if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
		return pair, next
	}
	return utf8.RuneError, i
}

func hexRune(inner []byte, i int) (r rune, next int) {
	next = min(i+6, len(inner))
	for _, c := range inner[min(i+2, next):next] {
		r = r<<4 | rune(hexDigit(c))
	}
	return r, next
}

func hexDigit(c byte) byte {
	switch {
	case c >= 'a':
		return (c - 'a' + 10) & 15
	case c >= 'A':
		return (c - 'A' + 10) & 15
	}
	return c & 15
}

func trimSpace(text []byte) []byte { return bytes.Trim(text, " \t\r\n") }
