package document

import (
	"strconv"
	"strings"
)

// A Path leads from a JSON value to one inside of it, or with Each steps to several.
type Path []Step

// Step is one step of a path: into the member Name of an object, to the element Index of an array, or to
// each element of an array.
type Step struct {
	Kind  StepKind
	Name  string
	Index int
}

// StepKind tells the kinds of steps apart.
type StepKind uint8

const (
	Member StepKind = iota
	Element
	Each
)

// Find returns the raw value at the path in a valid JSON document, nil where there is none. It does not
// follow Each steps.
func (p Path) Find(doc []byte) []byte {
	i := skipSpace(doc, 0)
	for _, step := range p {
		if i = step.from(doc, i); i < 0 {
			return nil
		}
	}
	if i >= len(doc) {
		return nil
	}
	return doc[i:endOfValue(doc, i)]
}

// from returns where the step leads from the value at i, and -1 if it leads nowhere.
func (s Step) from(doc []byte, i int) int {
	switch {
	case i >= len(doc):
		return -1
	case s.Kind == Member && doc[i] == '{':
		return findMember(doc, i+1, s.Name)
	case s.Kind == Element && doc[i] == '[':
		return findElement(doc, i+1, s.Index)
	}
	return -1
}

func findMember(doc []byte, i int, wanted string) int {
	for {
		name, escaped, value, _, ok := nextMember(doc, i)
		if !ok {
			return -1
		}
		if sameName(name, escaped, wanted) {
			return value
		}
		i = endOfValue(doc, value)
	}
}

func findElement(doc []byte, i, wanted int) int {
	for position := 0; ; position++ {
		value, ok := nextElement(doc, i)
		if !ok {
			return -1
		}
		if position == wanted {
			return value
		}
		i = endOfValue(doc, value)
	}
}

// String writes the path as in the configuration, without its root: .a.b[0]["c d"][*].
func (p Path) String() string {
	var text strings.Builder
	for _, step := range p {
		text.WriteString(step.String())
	}
	return text.String()
}

func (s Step) String() string {
	switch {
	case s.Kind == Each:
		return "[*]"
	case s.Kind == Element:
		return "[" + strconv.Itoa(s.Index) + "]"
	case isIdentifier(s.Name):
		return "." + s.Name
	}
	return "[" + strconv.Quote(s.Name) + "]"
}

func isIdentifier(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}
