// Package transcode reads what is not JSON (CSV and XML, in any charset) and yields its items as JSON.
//
// A row of CSV becomes an object whose members are named after the columns, or a list where there is no row
// of names; every value is a string, since CSV knows no others.
//
// An element of XML that holds only text becomes a string, its white space trimmed at both ends. Any other
// becomes an object: an attribute becomes a member with an @ before its name, a child element a member of its
// name, and text beside these the member "#text". Children of one name become a list where there are several.
// Names keep the prefix that they are written with, as in item["media:title"]; declarations of namespaces,
// comments and processing instructions are left out. No entity is expanded but the five of XML itself and
// references to characters.
package transcode

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// slack is what a parser may read beyond one item.
const slack = 64 << 10

// meter stops at a ceiling, which moves up with each item: so an item that is too large is noticed while it
// is read, not when it fills the memory.
type meter struct {
	r       io.Reader
	given   int64
	most    int64 // bytes of one item; 0: any number
	ceiling int64
}

var errCeiling = errors.New("ceiling reached")

func (m *meter) Read(p []byte) (int, error) {
	if m.most > 0 {
		room := m.ceiling - m.given
		if room <= 0 {
			return 0, errCeiling
		}
		p = p[:min(int64(len(p)), room)]
	}
	n, err := m.r.Read(p)
	m.given += int64(n)
	return n, err
}

// allow moves the ceiling so that an item fits under it that begins at the offset.
func (m *meter) allow(offset int64) { m.ceiling = offset + m.most + slack }

// tooLarge is the error of an item over the bound.
func tooLarge(limits document.Limits) error {
	return fmt.Errorf("larger than %s (limit max_item)", setting.Bytes(limits.Item))
}

// appendText appends a text as a JSON string, and reports whether it is valid UTF-8.
func appendText(dst, text []byte) ([]byte, bool) {
	quoted, err := jsontext.AppendQuote(dst, text)
	return quoted, err == nil
}
