package feed

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html/charset"

	"github.com/hookbridge/hookbridge/sources/internal/transcode"
)

// decode turns a body into UTF-8 without a mark and without an XML declaration, whatever its charset is.
// What the body says of itself goes before what its Content-Type says, which servers get wrong more often.
// Characters that XML forbids are dropped: they are found in many a feed.
func decode(body io.Reader, contentType string) ([]byte, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	label := transcode.XMLCharset(text, contentType)
	if !strings.EqualFold(label, "utf-8") {
		if text, err = convert(text, label); err != nil {
			return nil, err
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	_, text = transcode.CutDeclaration(bytes.TrimLeft(text, " \t\r\n"))
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

func dropControls(text []byte) []byte {
	return bytes.Map(func(c rune) rune {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, text)
}
