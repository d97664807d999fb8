package transcode

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"golang.org/x/net/html/charset"
)

// lookAhead is how much of a text is looked at to find its charset.
const lookAhead = 1 << 10

const utf8Name = "utf-8"

// DecodeXML returns a reader of an XML document in UTF-8, without a mark. What the document says of itself
// goes before what its Content-Type says, which servers get wrong more often.
func DecodeXML(r io.Reader, contentType string) (io.Reader, error) {
	in := bufio.NewReader(r)
	start, err := in.Peek(lookAhead)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return decode(in, XMLCharset(start, contentType))
}

// DecodeText returns a reader of a text in UTF-8, without a mark. The charset is label, or where that is
// empty what a byte order mark, then the Content-Type, says.
func DecodeText(r io.Reader, label, contentType string) (io.Reader, error) {
	in := bufio.NewReader(r)
	start, err := in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if label == "" {
		label = marked(start)
	}
	if label == "" {
		label = parameter(contentType)
	}
	return decode(in, label)
}

// Known reports whether a charset can be read.
func Known(label string) bool {
	found, _ := charset.Lookup(label)
	return found != nil
}

// decode reads a charset; the empty label is UTF-8, whose validity is for the one who reads the text.
func decode(r io.Reader, label string) (io.Reader, error) {
	if label == "" {
		label = utf8Name
	}
	encoding, name := charset.Lookup(label)
	switch {
	case encoding == nil:
		return nil, fmt.Errorf("unknown charset %.40q", label)
	case name != utf8Name:
		r = &sure{in: bufio.NewReader(encoding.NewDecoder().Reader(r)), name: name}
	}
	return withoutMark(r)
}

func withoutMark(r io.Reader) (io.Reader, error) {
	in := bufio.NewReader(r)
	start, err := in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(start) == "\ufeff" {
		_, err = in.Discard(len(start))
		return in, err
	}
	return in, nil
}

// sure refuses a text with bytes that are no characters of its charset, where a decoder would put U+FFFD.
type sure struct {
	in   *bufio.Reader
	name string
}

func (s *sure) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	if s.cut(p[:n]) {
		return 0, fmt.Errorf("invalid bytes for the charset %s", s.name)
	}
	return n, err
}

// cut reports whether a piece holds U+FFFD, or the start of one that goes on after it.
func (s *sure) cut(piece []byte) bool {
	const replaced = "\ufffd"
	if bytes.Contains(piece, []byte(replaced)) {
		return true
	}
	for n := 1; n < len(replaced); n++ {
		rest, _ := s.in.Peek(len(replaced) - n)
		if bytes.HasSuffix(piece, []byte(replaced[:n])) && string(rest) == replaced[n:] {
			return true
		}
	}
	return false
}

// XMLCharset names the charset of an XML document by its start and its Content-Type.
func XMLCharset(start []byte, contentType string) string {
	switch {
	case marked(start) != "":
		return marked(start)
	case bytes.HasPrefix(start, []byte("\x00<")):
		return "utf-16be"
	case bytes.HasPrefix(start, []byte("<\x00")):
		return "utf-16le"
	}
	declaration, _ := CutDeclaration(bytes.TrimLeft(start, " \t\r\n"))
	if label := declared(string(declaration)); label != "" {
		return label
	}
	if label := parameter(contentType); label != "" {
		return label
	}
	return utf8Name
}

// marked names the charset that a byte order mark tells.
func marked(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		return utf8Name
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		return "utf-16be"
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		return "utf-16le"
	}
	return ""
}

func parameter(contentType string) string {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return parameters["charset"]
}

// CutDeclaration cuts <?xml … ?> off the start of an XML document.
func CutDeclaration(text []byte) (declaration, rest []byte) {
	if !bytes.HasPrefix(text, []byte("<?xml ")) {
		return nil, text
	}
	before, after, ok := bytes.Cut(text, []byte("?>"))
	if !ok {
		return nil, text
	}
	return before, after
}

// declared reads the encoding of an XML declaration.
func declared(declaration string) string {
	_, after, found := strings.Cut(declaration, "encoding")
	after = strings.TrimLeft(after, " \t\r\n=")
	if !found || after == "" {
		return ""
	}
	value, _, found := strings.Cut(after[1:], after[:1])
	if !found {
		return ""
	}
	label := strings.TrimSpace(value)
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return utf8Name // it could be read up to here, so it is not what it says
	}
	return label
}
