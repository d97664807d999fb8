package feed

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"strings"

	"golang.org/x/net/html/charset"
)

// decode turns a body into UTF-8 without a mark and without an XML declaration, whatever its charset is.
// What the body says of itself goes before what its Content-Type says, which servers get wrong more often.
// Characters that XML forbids are dropped: they are found in many a feed.
func decode(body io.Reader, contentType string) ([]byte, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	label := labelOf(text, contentType)
	if !strings.EqualFold(label, "utf-8") {
		if text, err = convert(text, label); err != nil {
			return nil, err
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	_, text = cutDeclaration(bytes.TrimLeft(text, " \t\r\n"))
	return dropControls(text), nil
}

func convert(text []byte, label string) ([]byte, error) {
	reader, err := charset.NewReaderLabel(label, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("unknown charset %.40q", label)
	}
	converted, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("read charset %.40q: %w", label, err)
	}
	return converted, nil
}

// labelOf names the charset of a feed.
func labelOf(text []byte, contentType string) string {
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return "utf-8"
	case bytes.HasPrefix(text, []byte("\xfe\xff")), bytes.HasPrefix(text, []byte("\x00<")):
		return "utf-16be"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("<\x00")):
		return "utf-16le"
	}
	declaration, _ := cutDeclaration(bytes.TrimLeft(text, " \t\r\n"))
	if label := declared(string(declaration)); label != "" {
		return label
	}
	if _, parameters, err := mime.ParseMediaType(contentType); err == nil && parameters["charset"] != "" {
		return parameters["charset"]
	}
	return "utf-8"
}

// cutDeclaration cuts <?xml … ?> off.
func cutDeclaration(text []byte) (declaration, rest []byte) {
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
		return "utf-8" // it could be read up to here, so it is not what it says
	}
	return label
}

func dropControls(text []byte) []byte {
	return bytes.Map(func(c rune) rune {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, text)
}
