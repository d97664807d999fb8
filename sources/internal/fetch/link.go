package fetch

import (
	"slices"
	"strings"
	"unicode"
)

// Next returns the target of the first link whose relations include the given one, case ignored, in Link
// header fields (RFC 8288, section 3), and "" where there is none. A link with an anchor is about another
// resource and is passed over. What is malformed ends its own field, and nothing after it is believed; where it
// speaks of the relation all the same, or the target is empty, and no other link has it, there is doubt whether
// there is none.
//
// The libraries for this header split at every comma, which targets and quoted parameters may hold.
func Next(fields []string, relation string) (target string, doubt bool) {
	for _, field := range fields {
		for rest := field; ; {
			link, after, ok := cutLink(rest)
			if !ok {
				doubt = doubt || speaksOf(rest, relation)
				break
			}
			if link.is(relation) && link.target != "" {
				return link.target, false
			}
			doubt = doubt || link.is(relation)
			rest = after
		}
	}
	return "", doubt
}

// Leads reports whether header fields have a link of the relation, or may have one.
func Leads(fields []string, relation string) bool {
	target, doubt := Next(fields, relation)
	return target != "" || doubt
}

// speaksOf reports whether the relation stands in a malformed text as a word.
func speaksOf(text, relation string) bool {
	word := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }
	return slices.ContainsFunc(strings.FieldsFunc(text, word), func(part string) bool { return strings.EqualFold(part, relation) })
}

type link struct {
	target    string
	relations []string
	related   bool // the first rel parameter counts, others do not
	anchored  bool
}

func (l *link) is(relation string) bool {
	for _, own := range l.relations {
		if !l.anchored && strings.EqualFold(own, relation) {
			return true
		}
	}
	return false
}

func (l *link) set(name, value string) {
	switch {
	case strings.EqualFold(name, "anchor"):
		l.anchored = true
	case strings.EqualFold(name, "rel") && !l.related:
		l.related, l.relations = true, strings.Fields(value)
	}
}

// cutLink takes the first link off a field's value.
func cutLink(text string) (link, string, bool) {
	text = strings.TrimLeft(text, ", \t")
	text, ok := strings.CutPrefix(text, "<")
	if !ok {
		return link{}, "", false
	}
	target, text, ok := strings.Cut(text, ">")
	if !ok {
		return link{}, "", false
	}
	found := link{target: strings.TrimSpace(target)}
	for {
		text = trim(text)
		rest, more := strings.CutPrefix(text, ";")
		if !more {
			break
		}
		name, value, after, ok := cutParameter(rest)
		if !ok {
			return link{}, "", false
		}
		found.set(name, value)
		text = after
	}
	return found, text, text == "" || text[0] == ','
}

// cutParameter takes name, name=token or name="quoted string" off the text.
func cutParameter(text string) (name, value, after string, ok bool) {
	text = trim(text)
	end := strings.IndexAny(text, "=;,")
	if end < 0 {
		return trim(text), "", "", true
	}
	name = trim(text[:end])
	if text[end] != '=' {
		return name, "", text[end:], true
	}
	text = trim(text[end+1:])
	if strings.HasPrefix(text, `"`) {
		value, after, ok = cutQuoted(text[1:])
		return name, value, after, ok
	}
	end = strings.IndexAny(text, ";,")
	if end < 0 {
		end = len(text)
	}
	return name, trim(text[:end]), text[end:], true
}

// cutQuoted takes the rest of a quoted string off the text, whose first quote is gone.
func cutQuoted(text string) (value, after string, ok bool) {
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return plain.String(), text[i+1:], true
		case '\\':
			if i++; i == len(text) {
				return "", "", false
			}
		}
		plain.WriteByte(text[i])
	}
	return "", "", false
}

func trim(text string) string { return strings.Trim(text, " \t") }
