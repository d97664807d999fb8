package receiver

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is printed of a request, in bytes.
const (
	maxLine   = 2000
	maxValue  = 200 // of a JSON value in a line
	maxHeader = 500 // of a header's value on a page
	maxPage   = 64 << 10
)

// safe writes characters that would act on a terminal as JSON escapes: control characters, C0 and C1, the ends of
// lines, and those that turn the direction of the text around. Whatever else there is stays as it is, so that JSON
// means the same as before.
func safe(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, acts) < 0 {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if acts(c) {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func acts(c rune) bool {
	switch {
	case unicode.IsControl(c), c == '\u2028', c == '\u2029':
		return true
	case c == '\u061c', c == '\u200e', c == '\u200f', c >= '\u202a' && c <= '\u202e', c >= '\u2066' && c <= '\u2069':
		return true
	}
	return false
}

// clip bounds a text.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}

// printable bounds what came, and makes it safe.
func printable(raw []byte, most int) string {
	if len(raw) > most {
		return safe(clip(string(raw[:most+1]), most))
	}
	return safe(string(raw))
}
