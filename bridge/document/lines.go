package document

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
)

// SplitLines reads values separated by newlines (NDJSON), and is otherwise as Split. Blank lines are passed
// over, and a body without any value is an empty list.
func SplitLines(r io.Reader, limits Limits, yield func(position int, item []byte) error) error {
	lines := lineReader{in: bufio.NewReaderSize(skipMark(r), slack), most: limits.Item}
	checker := newSplitter(bytes.NewReader(nil), limits)
	for position := 0; ; {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && len(line) == 0 {
			continue
		}
		if err == nil {
			line, err = checker.line(line)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", lines.number, err)
		}
		if err := yield(position, line); err != nil {
			return err
		}
		position++
	}
}

// line checks that a line holds one valid value within the bounds, and returns it.
func (s *splitter) line(line []byte) ([]byte, error) {
	s.in.r, s.in.given = bytes.NewReader(line), 0
	s.in.ceiling = math.MaxInt64
	s.dec.Reset(s.in)
	item, err := s.read()
	if err != nil {
		return nil, err
	}
	rest := line[s.dec.InputOffset():]
	if skipSpace(rest, 0) < len(rest) {
		return nil, errors.New("more data after the JSON value")
	}
	return item, nil
}

// lineReader gives out lines of bounded length.
type lineReader struct {
	in     *bufio.Reader
	most   int64
	long   []byte // of a line larger than the reader's own room
	number int
}

// next returns the next line without white space at its ends, valid until the next call, and io.EOF after
// the last one.
func (l *lineReader) next() ([]byte, error) {
	l.number++
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		if l.most > 0 && int64(len(l.long)+len(trimSpace(part))) > l.most {
			return nil, fmt.Errorf("larger than %s (limit max_item)", size(l.most))
		}
		switch {
		case err == nil || errors.Is(err, io.EOF) && len(part)+len(l.long) > 0:
			return trimSpace(l.join(part)), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, l.explain(err)
		}
		l.long = append(l.long, part...)
	}
}

func (l *lineReader) join(part []byte) []byte {
	if len(l.long) == 0 {
		return part
	}
	l.long = append(l.long, part...)
	return l.long
}

func (l *lineReader) explain(err error) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("read JSON: %w", err)
}
