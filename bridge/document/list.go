package document

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// list yields the elements, and captures what is wanted of them.
func (s *splitter) list(active []wanted) error {
	if err := s.token(); err != nil {
		return err
	}
	inside := beside(active)
	s.inList = true
	for index := 0; s.more(); index++ {
		item, err := s.read()
		if err != nil {
			return err
		}
		s.capture(inside, Step{Kind: Element, Index: index}, item)
		if err := s.yield(s.position, item); err != nil {
			return err
		}
		s.position++
	}
	s.inList = false
	return s.token()
}

// memberList yields the members of an object, and captures what is wanted of them.
func (s *splitter) memberList(active []wanted) error {
	if err := s.token(); err != nil {
		return err
	}
	inside := beside(active)
	s.inList = true
	for s.peek() != '}' {
		name, err := s.name()
		if err != nil {
			return err
		}
		value, err := s.read()
		if err != nil {
			return err
		}
		s.capture(inside, Step{Kind: Member, Name: name}, value)
		if err := s.yieldMember(name, value); err != nil {
			return err
		}
		s.position++
	}
	s.inList = false
	return s.token()
}

func (s *splitter) yieldMember(name string, value []byte) error {
	quoted, err := jsontext.AppendQuote(append(s.member[:0], `{"key":`...), name)
	if err != nil {
		return fmt.Errorf("%sinvalid JSON: %w", s.place(), err)
	}
	s.member = append(append(append(quoted, `,"value":`...), value...), '}')
	return s.yield(s.position, s.member)
}

// beside returns what is wanted besides the list.
func beside(active []wanted) []wanted {
	var inside []wanted
	for _, w := range active {
		if w.index != theList {
			inside = append(inside, w)
		}
	}
	return inside
}

func (s *splitter) capture(inside []wanted, step Step, item []byte) {
	for _, w := range inside {
		if w.path[0] == step {
			s.captured[w.index] = bytes.Clone(w.path[1:].Find(item))
		}
	}
}
