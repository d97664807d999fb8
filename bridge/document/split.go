package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Errors of Split that callers tell apart.
var (
	ErrMissing   = errors.New("nothing at the path of the list")
	ErrNotList   = errors.New("the value at the path is no list")
	ErrNotObject = errors.New("the value at the path is no object")
)

// Limits bound what is read; each error names the bound that it met. A bound of 0 is none.
type Limits struct {
	Item  int64 // bytes of one item, and of one value captured beside the list
	Depth int   // levels of nesting within these
}

// Split reads one JSON value of any size from r and yields the raw elements of the array at the path list,
// each valid until yield returns, with its position from 0. It returns the raw values at the paths of also
// (nil where absent), which may lead anywhere, to the list itself as well. It fails on anything after the
// value. An error of yield is returned unchanged.
//
// An Each step of list leads into every element of an array, so that the elements of several lists are
// yielded, one after the other; what follows the step has to be there in each of them.
//
// Memory holds one item at a time, unless a path of also leads to the list or to what holds it: then that
// value is read as a whole, under the bound of one item.
func Split(r io.Reader, list Path, also []Path, limits Limits, yield func(position int, item []byte) error) ([][]byte, error) {
	s := newSplitter(r, limits)
	s.yield = yield
	return s.split(also, wanted{list, theList})
}

// SplitMembers is as Split, for an object in the place of the list: it yields each member of it, in their
// order, as {"key":NAME,"value":VALUE}.
func SplitMembers(r io.Reader, object Path, also []Path, limits Limits, yield func(position int, item []byte) error) ([][]byte, error) {
	s := newSplitter(r, limits)
	s.yield, s.members = yield, true
	return s.split(also, wanted{object, theList})
}

// Capture reads one JSON value of any size, and returns the raw values at the paths in it, nil where absent.
func Capture(r io.Reader, paths []Path, limits Limits) ([][]byte, error) {
	return newSplitter(r, limits).split(paths)
}

func (s *splitter) split(also []Path, list ...wanted) ([][]byte, error) {
	s.captured = make([][]byte, len(also))
	active := make([]wanted, 0, len(also)+len(list))
	for i, path := range also {
		active = append(active, wanted{path, i})
	}
	if err := s.whole(append(active, list...)); err != nil {
		return nil, err
	}
	return s.captured, nil
}

// wanted is the rest of a path on the way to a value, and what the value is for.
type wanted struct {
	path  Path
	index int // in the captured values, or theList
}

const theList = -1

// splitter is the state of one Split.
type splitter struct {
	dec      *jsontext.Decoder
	in       *meter
	limits   Limits
	yield    func(int, []byte) error
	captured [][]byte
	members  bool   // the list is an object
	member   []byte // the last one that was yielded
	position int    // of the item that is being read, while inList
	inList   bool   // for the text of errors
}

func newSplitter(r io.Reader, limits Limits) *splitter {
	in := &meter{r: skipMark(r)}
	s := &splitter{dec: jsontext.NewDecoder(in), in: in, limits: limits}
	s.allow()
	return s
}

// whole reads the one value of the body, and that nothing follows it.
func (s *splitter) whole(active []wanted) error {
	if s.peek() == 0 {
		_, err := s.dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return errors.New("empty body")
		}
		return s.explain(err)
	}
	if err := s.value(active, nil); err != nil {
		return err
	}
	return s.end()
}

// end checks that nothing follows.
func (s *splitter) end() error {
	s.allow()
	switch _, err := s.dec.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("more data after the JSON value: %w", s.explain(err))
	}
	return fmt.Errorf("more data after the JSON value, at offset %d", s.dec.InputOffset())
}

// value reads the next value, of which the active paths want something.
func (s *splitter) value(active []wanted, at Path) error {
	ends := func(w wanted) bool { return len(w.path) == 0 && w.index != theList }
	switch kind := s.peek(); {
	case slices.ContainsFunc(active, ends):
		return s.buffered(active, at)
	case hasList(active, 0) && kind == '[' && !s.members:
		return s.list(active)
	case hasList(active, 0) && kind == '{' && s.members:
		return s.memberList(active)
	case hasList(active, 0):
		return s.noList(active, at)
	case kind == '{':
		return s.object(active, at)
	case kind == '[':
		return s.array(active, at)
	case hasList(active, -1):
		return s.noList(active, at)
	}
	return s.skip()
}

// hasList reports whether the list is wanted, at this many more steps; -1 is any number.
func hasList(active []wanted, steps int) bool {
	return slices.ContainsFunc(active, func(w wanted) bool {
		return w.index == theList && (steps < 0 || len(w.path) == steps)
	})
}

// buffered reads the value as a whole, captures it, and looks for the rest of what is wanted inside.
func (s *splitter) buffered(active []wanted, at Path) error {
	raw, err := s.read()
	if err != nil {
		return err
	}
	raw = bytes.Clone(raw)
	var inside []wanted
	for _, w := range active {
		if w.index == theList {
			inside = append(inside, w)
			continue
		}
		s.captured[w.index] = w.path.Find(raw)
	}
	if len(inside) == 0 {
		return nil
	}
	again := newSplitter(bytes.NewReader(raw), s.limits)
	again.yield, again.captured, again.members, again.position = s.yield, s.captured, s.members, s.position
	err = again.value(inside, at)
	s.position = again.position
	return err
}

func (s *splitter) object(active []wanted, at Path) error {
	if err := s.token(); err != nil {
		return err
	}
	var names seen
	next := nextOfList(active)
	found := !hasList(active, -1)
	for s.peek() != '}' {
		name, err := s.name()
		if err != nil {
			return err
		}
		names.add(name)
		step := Step{Kind: Member, Name: name}
		found = found || step == next
		if err := s.child(active, at, step); err != nil {
			return err
		}
	}
	if !found {
		return missing(at, "an object"+names.String())
	}
	return s.token()
}

func (s *splitter) array(active []wanted, at Path) error {
	if err := s.token(); err != nil {
		return err
	}
	position := 0
	for ; s.more(); position++ {
		if err := s.child(active, at, Step{Kind: Element, Index: position}); err != nil {
			return err
		}
	}
	next := nextOfList(active)
	if hasList(active, -1) && next.Kind != Each && (next.Kind != Element || next.Index >= position) {
		return missing(at, fmt.Sprintf("a list of %d", position))
	}
	return s.token()
}

// child reads the value that the step leads to, or skips it where nothing is wanted of it.
func (s *splitter) child(active []wanted, at Path, step Step) error {
	inside := follow(active, step)
	if len(inside) == 0 {
		return s.skip()
	}
	return s.value(inside, append(at[:len(at):len(at)], step))
}

// follow returns what is wanted of the value that the step leads to.
func follow(active []wanted, step Step) []wanted {
	var inside []wanted
	for _, w := range active {
		if len(w.path) > 0 && (w.path[0] == step || w.index == theList && w.path[0].Kind == Each && step.Kind == Element) {
			inside = append(inside, wanted{w.path[1:], w.index})
		}
	}
	return inside
}

func nextOfList(active []wanted) Step {
	for _, w := range active {
		if w.index == theList && len(w.path) > 0 {
			return w.path[0]
		}
	}
	return Step{}
}
