package transcode

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// hardDepth is the deepest nesting in any case: an element may become two levels of JSON, an object in a list,
// and nothing deeper than 10,000 levels can be read as JSON.
const hardDepth = 5_000

// reader reads the tokens of one XML document within bounds, and checks that what was opened is closed.
type reader struct {
	in     *meter
	dec    *xml.Decoder
	limits document.Limits
	open   []string // names of the elements that are open
	kept   int64    // bytes of the item, or of what is captured
	held   bool     // the ceiling stands still, since an item is being read
	place  string   // for the text of errors
}

func newReader(r io.Reader, limits document.Limits) *reader {
	in := &meter{r: r, most: limits.Item}
	dec := xml.NewDecoder(in)
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	if limits.Depth <= 0 || limits.Depth > hardDepth {
		limits.Depth = hardDepth
	}
	return &reader{in: in, dec: dec, limits: limits}
}

// hold begins an item: all of it has to fit under one ceiling.
func (x *reader) hold(place string) {
	x.in.allow(x.dec.InputOffset())
	x.held, x.place, x.kept = true, place, 0
}

func (x *reader) release() { x.held, x.place = false, "" }

// token returns the next start, end or text, good until the next call.
func (x *reader) token() (xml.Token, error) {
	for {
		if !x.held {
			x.in.allow(x.dec.InputOffset())
		}
		token, err := x.dec.RawToken()
		if err != nil {
			return nil, x.explain(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, x.enter(nameOf(token))
		case xml.EndElement:
			return token, x.leave(prefixed(token.Name))
		case xml.CharData:
			return token, nil
		}
	}
}

func (x *reader) enter(name string) error {
	if len(x.open) >= x.limits.Depth {
		return fmt.Errorf("%snested deeper than %d (limit max_depth)", x.place, x.limits.Depth)
	}
	x.open = append(x.open, name)
	return nil
}

func (x *reader) leave(name string) error {
	last := len(x.open) - 1
	if last < 0 || x.open[last] != name {
		return fmt.Errorf("%sinvalid XML: the element %.40q is closed where it is not open", x.place, name)
	}
	x.open = x.open[:last]
	return nil
}

func (x *reader) explain(err error) error {
	syntax, isSyntax := errors.AsType[*xml.SyntaxError](err)
	switch {
	case errors.Is(err, errCeiling):
		return fmt.Errorf("%s%w", x.place, tooLarge(x.limits))
	case errors.Is(err, io.EOF) && len(x.open) > 0, isSyntax && syntax.Msg == "unexpected EOF":
		return fmt.Errorf("%struncated XML: %w", x.place, io.ErrUnexpectedEOF)
	case errors.Is(err, io.EOF):
		return err
	case isSyntax:
		return fmt.Errorf("%sinvalid XML: line %d: %.200s", x.place, syntax.Line, syntax.Msg)
	}
	return fmt.Errorf("%sread XML: %w", x.place, err)
}

// root reads up to the first element.
func (x *reader) root() (xml.StartElement, error) {
	for {
		token, err := x.token()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, errors.New("empty body: there is no element in it")
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, nil
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return xml.StartElement{}, errors.New("invalid XML: text before the first element")
			}
		}
	}
}

// end checks that nothing follows the document's element.
func (x *reader) end() error {
	for {
		token, err := x.token()
		switch text, isText := token.(xml.CharData); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case !isText || len(bytes.TrimSpace(text)) > 0:
			return errors.New("more data after the XML document")
		}
	}
}

// skip passes over the rest of the element whose start was read last.
func (x *reader) skip() error {
	for level := len(x.open) - 1; len(x.open) > level; {
		if _, err := x.token(); err != nil {
			return err
		}
	}
	return nil
}

func nameOf(start xml.StartElement) string { return prefixed(start.Name) }

// prefixed writes a raw name as it stands in the document.
func prefixed(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}
