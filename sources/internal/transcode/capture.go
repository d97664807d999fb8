package transcode

import (
	"encoding/xml"
	"io"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// CaptureXML returns the values at the paths in an XML document, nil where absent. What is kept of the
// document to find them is bounded as one item is.
func CaptureXML(r io.Reader, paths []document.Path, limits document.Limits) ([][]byte, error) {
	x := newReader(r, limits)
	root, err := x.root()
	if err != nil {
		return nil, err
	}
	whole, err := x.pruned(root, filter(paths))
	if err == nil {
		err = x.end()
	}
	if err != nil {
		return nil, err
	}
	found := make([][]byte, len(paths))
	for i, path := range paths {
		found[i] = path.Find(whole)
	}
	return found, nil
}

// pruned returns the document with only what the filter keeps, as an object of its one element.
func (x *reader) pruned(root xml.StartElement, keep filter) ([]byte, error) {
	inside, wanted := keep.into(nameOf(root))
	if !wanted {
		return []byte("{}"), x.skip()
	}
	value, err := x.element(root, inside)
	if err != nil {
		return nil, err
	}
	members := &members{}
	members.add(nameOf(root), value)
	return members.appendTo(nil), nil
}

// A filter is the paths to what is wanted of an element.
type filter []document.Path

// everything keeps all there is.
var everything = filter{nil}

// whole reports whether all of the element is wanted.
func (f filter) whole() bool {
	for _, path := range f {
		if len(path) == 0 {
			return true
		}
	}
	return false
}

// into returns what is wanted of the members of a name. A position leads to the same, since it stands for one
// of several elements of one name.
func (f filter) into(name string) (filter, bool) {
	if f.whole() {
		return everything, true
	}
	var inside filter
	for _, path := range f {
		for len(path) > 0 && path[0].Kind != document.Member {
			path = path[1:]
		}
		switch {
		case len(path) == 0:
			inside = append(inside, nil)
		case path[0].Name == name:
			inside = append(inside, path[1:])
		}
	}
	return inside, len(inside) > 0
}
