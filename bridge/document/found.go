package document

import (
	"fmt"
	"strings"
)

// seen remembers the first few names of an object, to say what there was where something else was looked for.
type seen struct {
	first []string
	count int
}

const (
	namesShown = 8
	nameShown  = 40
)

func (n *seen) add(name string) {
	n.count++
	if len(n.first) < namesShown {
		n.first = append(n.first, name)
	}
}

// String tells the names, bounded in number and length, as the end of a sentence.
func (n *seen) String() string {
	if n.count == 0 {
		return " without members"
	}
	shown := make([]string, 0, namesShown)
	for _, name := range n.first {
		if len(name) > nameShown {
			name = strings.ToValidUTF8(name[:nameShown], "") + "…"
		}
		shown = append(shown, name)
	}
	text := " with the members " + strings.Join(shown, ", ")
	if n.count > len(n.first) {
		text += fmt.Sprintf(" and %d more", n.count-len(n.first))
	}
	return text
}

func missing(at Path, found string) error {
	return fmt.Errorf("%w: %s is %s", ErrMissing, where(at), found)
}

// where names the value at a path of the body.
func where(at Path) string {
	if len(at) == 0 {
		return "the body"
	}
	return "the value at " + at.String()
}

// noList reads the value that stands where the list, or what should hold it, was looked for, and says
// what it is.
func (s *splitter) noList(active []wanted, at Path) error {
	found, err := s.describe()
	if err != nil {
		return err
	}
	if hasList(active, 0) && s.members {
		return fmt.Errorf("%w: %s is %s", ErrNotObject, where(at), found)
	}
	if hasList(active, 0) {
		return fmt.Errorf("%w: %s is %s", ErrNotList, where(at), found)
	}
	return missing(at, found)
}

func (s *splitter) describe() (string, error) {
	switch s.peek() {
	case '{':
		return s.describeObject()
	case '[':
		return "a list", s.skip()
	case '"':
		return "a string", s.skip()
	case '0':
		return "a number", s.skip()
	case 'n':
		return "null", s.skip()
	case 't', 'f':
		return "true or false", s.skip()
	}
	return "no JSON value", s.skip()
}

func (s *splitter) describeObject() (string, error) {
	if err := s.token(); err != nil {
		return "", err
	}
	var names seen
	for s.peek() != '}' {
		name, err := s.name()
		if err != nil {
			return "", err
		}
		names.add(name)
		if err := s.skip(); err != nil {
			return "", err
		}
	}
	return "an object" + names.String(), s.token()
}
