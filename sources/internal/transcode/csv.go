package transcode

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// A Table says how CSV is written. The zero value is what RFC 4180 describes, with a row of names.
type Table struct {
	Delimiter rune     // 0: a comma
	Headless  bool     // there is no row of names; rows become lists
	Columns   []string // of which one has to be there, so that a text that is no table is no empty one
}

// Delimits reports whether a character can stand between the columns.
func Delimits(c rune) bool {
	return c != 0 && c != '"' && c != '\r' && c != '\n' && c != '\ufffd'
}

// Rows reads CSV in UTF-8 and yields each row as JSON, valid until yield returns, with its position from 0.
// All rows must have as many columns as the first. A column without a name bears its number, from 1. An error
// of yield is returned unchanged.
func (t Table) Rows(r io.Reader, limits document.Limits, yield func(position int, item []byte) error) error {
	rows := newRows(t, r, limits)
	if err := rows.head(); err != nil {
		return err
	}
	for position := 0; ; position++ {
		row, err := rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		item, err := rows.item(row)
		if err != nil {
			return rows.at(err)
		}
		if err := yield(position, item); err != nil {
			return err
		}
	}
}

type rows struct {
	table  Table
	limits document.Limits
	in     *meter
	csv    *csv.Reader
	names  []string // as JSON, with the colon; nil where rows become lists
	room   []byte
	line   int // where the row that was read last begins
}

func newRows(t Table, r io.Reader, limits document.Limits) *rows {
	in := &meter{r: r, most: limits.Item}
	reader := csv.NewReader(in)
	reader.ReuseRecord = true
	if t.Delimiter != 0 {
		reader.Comma = t.Delimiter
	}
	return &rows{table: t, limits: limits, in: in, csv: reader}
}

// head reads the row of names.
func (s *rows) head() error {
	if s.table.Headless {
		return nil
	}
	row, err := s.next()
	if errors.Is(err, io.EOF) {
		return errors.New("no row of names: an answer without any row is not taken for an empty list")
	}
	if err != nil {
		return err
	}
	names := make([]string, len(row))
	for i, name := range row {
		if names[i] = strings.TrimSpace(name); names[i] == "" {
			names[i] = strconv.Itoa(i + 1)
		}
	}
	return s.name(names)
}

func (s *rows) name(names []string) error {
	if strings.HasPrefix(names[0], "<") {
		return errors.New("the row of names begins with <: is this a page of HTML?")
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("two columns with the name %.40q", name)
		}
		quoted, ok := appendText(nil, []byte(name))
		if !ok {
			return s.at(errNotUTF8())
		}
		s.names = append(s.names, string(quoted)+":")
	}
	known := func(column string) bool { return slices.Contains(names, column) }
	if len(s.table.Columns) > 0 && !slices.ContainsFunc(s.table.Columns, known) {
		return fmt.Errorf("no column with the name %.40q, which the key is read from; the names are %.200q", s.table.Columns[0], names)
	}
	return nil
}

// next reads a row, good until the next one is read.
func (s *rows) next() ([]string, error) {
	s.in.allow(s.csv.InputOffset())
	row, err := s.csv.Read()
	switch {
	case errors.Is(err, errCeiling):
		return nil, fmt.Errorf("the row after line %d: %w", s.line, tooLarge(s.limits))
	case err == nil:
		s.line, _ = s.csv.FieldPos(0)
		return row, nil
	case errors.Is(err, io.EOF):
		return nil, err
	}
	return nil, fmt.Errorf("read CSV: %w", err)
}

// item writes a row as JSON.
func (s *rows) item(row []string) ([]byte, error) {
	open, end := byte('{'), byte('}')
	if s.names == nil {
		open, end = '[', ']'
	}
	item := append(s.room[:0], open)
	for i, value := range row {
		if i > 0 {
			item = append(item, ',')
		}
		if s.names != nil {
			item = append(item, s.names[i]...)
		}
		if strings.Contains(value, "\x00") {
			return nil, errors.New("a NUL character: is this UTF-16? Then set charset in a block csv")
		}
		var ok bool
		if item, ok = appendText(item, []byte(value)); !ok {
			return nil, errNotUTF8()
		}
	}
	s.room = append(item, end)
	if s.limits.Item > 0 && int64(len(s.room)) > s.limits.Item {
		return nil, tooLarge(s.limits)
	}
	return s.room, nil
}

func errNotUTF8() error { return errors.New("invalid UTF-8: set charset in a block csv") }

// at names the line of the row that was read last.
func (s *rows) at(err error) error { return fmt.Errorf("line %d: %w", s.line, err) }
