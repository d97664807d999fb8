package fetch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// inMemory is how much of a body is kept in memory; a larger one goes to a file.
const inMemory = 4 << 20

// piece is how much is written to and read from the file at a time.
const piece = 128 << 10

// A sheet is a part of a body in memory, which many are smaller than.
type sheet [32 << 10]byte

// sheets are those of bodies that were closed. A buffer that grows with each body would be copied and cleared several
// times over, and leave twice its size to the collector.
var sheets = sync.Pool{New: func() any { return new(sheet) }}

// A Spool holds a body that has arrived as a whole. It can be read any number of times.
type Spool struct {
	Size int64
	Sum  [16]byte // xxh3-128 of the bytes

	head []*sheet // all of them full but the last
	held int      // bytes in head
	file *os.File // holds what head does not; already without a name
}

// Reader returns a reader from the start of the body, good until Close.
func (s *Spool) Reader() io.Reader {
	parts := make([]io.Reader, 0, len(s.head)+1)
	for i, part := range s.head {
		parts = append(parts, bytes.NewReader(part[:min(len(part), s.held-i*len(part))]))
	}
	if s.file != nil {
		rest := io.NewSectionReader(s.file, 0, s.Size-int64(s.held))
		parts = append(parts, bufio.NewReaderSize(rest, piece))
	}
	return io.MultiReader(parts...)
}

// Close gives the space back.
func (s *Spool) Close() error {
	for _, part := range s.head {
		sheets.Put(part)
	}
	s.head, s.held = nil, 0
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// fill reads a body to its end, up to limit bytes.
func fill(body io.Reader, limit setting.Bytes, temp string) (*Spool, error) {
	s, sum := &Spool{}, xxh3.New()
	err := s.take(io.TeeReader(io.LimitReader(body, int64(limit)+1), sum), temp)
	switch {
	case err == nil && s.Size > int64(limit):
		err = fmt.Errorf("the answer is larger than %s (max_body)", limit)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the answer was cut off after %d bytes: %w", s.Size, err)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Sum = sum.Sum128().Bytes()
	return s, nil
}

func (s *Spool) take(from io.Reader, temp string) error {
	for s.held < inMemory {
		next := sheets.Get().(*sheet)
		s.head = append(s.head, next)
		n, err := fillUp(next[:], from)
		s.held += n
		s.Size = int64(s.held)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
	}
	return s.overflow(from, temp)
}

// fillUp reads until the room is full, or returns what ended the reading before. Of [io.ReadFull] one would not know
// whether an answer has ended or was cut off.
func fillUp(room []byte, from io.Reader) (n int, err error) {
	for n < len(room) && err == nil {
		var more int
		more, err = from.Read(room[n:])
		n += more
	}
	return n, err
}

// overflow takes what is left, in pieces large enough that the file costs few calls.
func (s *Spool) overflow(from io.Reader, temp string) error {
	rest := bufio.NewReaderSize(from, piece)
	if _, err := rest.Peek(1); errors.Is(err, io.EOF) {
		return nil
	}
	if err := s.openFile(temp); err != nil {
		return err
	}
	file := bufio.NewWriterSize(struct{ io.Writer }{s.file}, piece) // a file alone would read in pieces of its own
	written, err := file.ReadFrom(rest)
	s.Size += written
	if err == nil {
		err = file.Flush()
	}
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// openFile makes a file that vanishes with the process, whatever ends it.
func (s *Spool) openFile(temp string) error {
	file, err := os.CreateTemp(temp, "hookbridge-answer-*")
	if err != nil {
		return fmt.Errorf("create file for a large answer: %w", err)
	}
	s.file = file
	if err := os.Remove(file.Name()); err != nil {
		return fmt.Errorf("unlink file for a large answer: %w", err)
	}
	return nil
}
