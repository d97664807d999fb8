package transcode

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// Elements reads one XML document in UTF-8 and yields, as JSON, each element at the path list, in their order,
// valid until yield returns, with its position from 0. What holds the elements has to be there: a document
// in which it is missing is no empty list. An Each step in the path changes nothing, since a path leads to all
// elements of its names anyway. An error of yield is returned unchanged.
func Elements(r io.Reader, list document.Path, limits document.Limits, yield func(position int, item []byte) error) error {
	names, err := Names(list)
	if err != nil {
		return err
	}
	w := &walk{reader: newReader(r, limits), names: names, yield: yield}
	return w.document()
}

// Names returns the names of the elements that a path leads through, and an error for a path that can lead to
// no list of elements.
func Names(list document.Path) ([]string, error) {
	var names []string
	for _, step := range list {
		switch {
		case step.Kind == document.Each:
		case step.Kind == document.Element || step.Name == "" || strings.ContainsAny(step.Name[:1], "@#"):
			return nil, fmt.Errorf("%s is no name of an element: in XML, items leads to elements by their names", step)
		default:
			names = append(names, step.Name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("in XML, items has to lead to the elements of the list, as in body.rss.channel.item")
	}
	return names, nil
}

// walk is the state of one Elements.
type walk struct {
	*reader
	names    []string
	yield    func(int, []byte) error
	position int
	parents  int // elements that may hold some of the list
}

func (w *walk) document() error {
	root, err := w.root()
	if err != nil {
		return err
	}
	switch err := w.child(root, 0); {
	case err != nil:
		return err
	case len(w.names) == 1 && w.position == 0, len(w.names) > 1 && w.parents == 0:
		return w.missing(nameOf(root))
	}
	return w.end()
}

// missing says that there is nothing that could hold the list.
func (w *walk) missing(root string) error {
	if strings.EqualFold(root, "html") {
		return fmt.Errorf("%w: the document is a page of HTML: a login page or an error page?", document.ErrMissing)
	}
	wanted := strings.Join(w.names[:max(1, len(w.names)-1)], ".")
	return fmt.Errorf("%w: there is no element %s in the document, whose first element is %.40q", document.ErrMissing, wanted, root)
}

// child goes into an element at a level of the path, or passes over it where the path leads elsewhere.
func (w *walk) child(start xml.StartElement, level int) error {
	switch {
	case nameOf(start) != w.names[level]:
		return w.skip()
	case level == len(w.names)-1:
		return w.item(start)
	}
	if level == len(w.names)-2 {
		w.parents++
	}
	for {
		token, err := w.token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := w.child(token, level+1); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

func (w *walk) item(start xml.StartElement) error {
	w.hold(fmt.Sprintf("item %d: ", w.position))
	item, err := w.element(start, everything)
	if err != nil {
		return err
	}
	w.release()
	if err := w.yield(w.position, item); err != nil {
		return err
	}
	w.position++
	return nil
}
