package http

import (
	"errors"
	"fmt"
	"io"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
	"github.com/hookbridge/hookbridge/sources/internal/transcode"
)

// split yields the items of a page, and returns what stands at the paths that lead to the next one.
func (s *Source) split(f format, answer *fetch.Answer, yield func(int, []byte) error) ([][]byte, error) {
	switch f {
	case formatNDJSON:
		return nil, document.SplitLines(answer.Body.Reader(), s.limits, yield)
	case formatCSV:
		return nil, s.splitTable(answer, yield)
	case formatXML:
		return s.splitXML(answer, yield)
	}
	if s.members {
		return document.SplitMembers(answer.Body.Reader(), s.list, s.paging.paths, s.limits, s.membersOnly(yield))
	}
	return document.Split(answer.Body.Reader(), s.list, s.paging.paths, s.limits, yield)
}

// membersOnly refuses scalars where the whole body is the object of items: a body such as {"error":"no"} is
// an object, too, but none of items.
func (s *Source) membersOnly(yield func(int, []byte) error) func(int, []byte) error {
	if len(s.list) > 0 {
		return yield
	}
	value := document.Path{{Kind: document.Member, Name: "value"}}
	return func(position int, item []byte) error {
		if raw := value.Find(item); len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
			return fmt.Errorf("member %d of the body is neither an object nor a list, so that the body is no object of items", position)
		}
		return yield(position, item)
	}
}

func (s *Source) splitTable(answer *fetch.Answer, yield func(int, []byte) error) error {
	header := answer.Header.Get("Content-Type")
	text, err := transcode.DecodeText(answer.Body.Reader(), s.table.charset, header)
	if err != nil {
		return err
	}
	layout := s.table.Table
	if layout.Delimiter == 0 && mediaType(header) == tabs {
		layout.Delimiter = '\t'
	}
	if !layout.Headless {
		layout.Columns = s.key.Members()
	}
	return layout.Rows(text, s.limits, yield)
}

func (s *Source) splitXML(answer *fetch.Answer, yield func(int, []byte) error) ([][]byte, error) {
	if s.members {
		return nil, errors.New("items_as is for JSON, and this is XML")
	}
	decoded := func() (io.Reader, error) { return decodeXML(answer) }
	text, err := decoded()
	if err == nil {
		err = transcode.Elements(text, s.list, s.limits, yield)
	}
	if err != nil || len(s.paging.paths) == 0 {
		return nil, err
	}
	if text, err = decoded(); err != nil {
		return nil, err
	}
	return transcode.CaptureXML(text, s.paging.paths, s.limits)
}
