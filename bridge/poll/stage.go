package poll

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// staged is one thing that a poll will write: a change, or with None a refreshed entry that sends nothing.
type staged struct {
	change bridge.Change
	entry  store.Entry // as it is to be; of a deleted item as it was
	key    string      // "" for an item that is only known by its hash
	body   []byte      // minified; nil leaves the stored body
	silent bool        // nothing is sent of it
}

// stage keeps what a poll will write until its listing has ended well: in memory first, beyond stageMemory
// in a file without a name, so that a first poll of a million items takes no more memory than one of a
// thousand.
type stage struct {
	temp    string
	buffer  []byte
	file    *os.File // nil while all is in memory
	size    int64    // of what the file holds
	count   mark
	undone  map[mark]struct{}
	deletes int // staged that would be sent
	creates int
}

const stageMemory = 4 << 20

func newStage(temp string) *stage {
	return &stage{temp: temp, undone: map[mark]struct{}{}}
}

// add keeps a change and returns the mark under which it can be undone.
func (s *stage) add(c staged) (mark, error) {
	s.buffer = appendStaged(s.buffer, c)
	s.count++
	switch {
	case c.change == bridge.Deleted && !c.silent:
		s.deletes++
	case c.change == bridge.Created:
		s.creates++
	}
	if len(s.buffer) < stageMemory {
		return s.count - 1 + firstMark, nil
	}
	return s.count - 1 + firstMark, s.spill()
}

// undo takes back what was staged under a mark, if anything was.
func (s *stage) undo(m mark) {
	if m >= firstMark {
		s.undone[m-firstMark] = struct{}{}
	}
}

func (s *stage) spill() error {
	if s.file == nil {
		if err := s.open(); err != nil {
			return fmt.Errorf("open stage: %w", err)
		}
	}
	n, err := s.file.WriteAt(s.buffer, s.size)
	s.size += int64(n)
	s.buffer = s.buffer[:0]
	if err != nil {
		return fmt.Errorf("write stage: %w", err)
	}
	return nil
}

// open makes the file and takes its name away at once, so that nothing is left behind by a kill.
func (s *stage) open() error {
	file, err := os.CreateTemp(s.temp, "hookbridge-stage-*")
	if err != nil {
		return err
	}
	s.file = file
	return os.Remove(file.Name())
}

func (s *stage) close() {
	if s.file != nil {
		_ = s.file.Close() // nothing in it is wanted any more
	}
}

// empty reports whether there is nothing to write.
func (s *stage) empty() bool { return int(s.count) == len(s.undone) }

// all yields what was staged, in order.
func (s *stage) all() iter.Seq2[staged, error] {
	return func(yield func(staged, error) bool) {
		if s.empty() {
			return // as almost always, and a buffer is large
		}
		var source io.Reader = &sliceReader{s.buffer}
		if s.file != nil {
			source = io.MultiReader(io.NewSectionReader(s.file, 0, s.size), source)
		}
		from := bufio.NewReaderSize(source, 64<<10)
		for number := range s.count {
			c, err := readStaged(from)
			if err != nil {
				yield(staged{}, fmt.Errorf("read stage: %w", err))
				return
			}
			if _, undone := s.undone[number]; !undone && !yield(c, nil) {
				return
			}
		}
	}
}

type sliceReader struct{ rest []byte }

func (r *sliceReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

const stagedHead = 1 + 3*16 + 4*8 + 4 + 4 + 4 + 1

func appendStaged(dst []byte, c staged) []byte {
	dst = append(dst, byte(c.change))
	dst = append(dst, c.entry.Key[:]...)
	dst = append(dst, c.entry.Raw[:]...)
	dst = append(dst, c.entry.Digest[:]...)
	dst = binary.BigEndian.AppendUint64(dst, c.entry.Born)
	dst = binary.BigEndian.AppendUint64(dst, c.entry.Revision)
	dst = binary.BigEndian.AppendUint64(dst, uint64(c.entry.Left))
	dst = binary.BigEndian.AppendUint64(dst, c.entry.Slot)
	dst = binary.BigEndian.AppendUint32(dst, c.entry.Absent)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(c.key)))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(c.body)))
	candidate := c.entry.Candidate
	dst = append(dst, boolByte(c.body != nil)|boolByte(c.silent)<<1|boolByte(candidate != nil)<<2)
	dst = append(dst, c.key...)
	dst = append(dst, c.body...)
	if candidate != nil {
		dst = binary.BigEndian.AppendUint32(append(dst, candidate.Digest[:]...), candidate.Polls)
	}
	return dst
}

func readStaged(from io.Reader) (c staged, err error) {
	var head [stagedHead]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return c, unexpected(err)
	}
	c.change = bridge.Change(head[0])
	copy(c.entry.Key[:], head[1:])
	copy(c.entry.Raw[:], head[17:])
	copy(c.entry.Digest[:], head[33:])
	c.entry.Born = binary.BigEndian.Uint64(head[49:])
	c.entry.Revision = binary.BigEndian.Uint64(head[57:])
	c.entry.Left = int64(binary.BigEndian.Uint64(head[65:]))
	c.entry.Slot = binary.BigEndian.Uint64(head[73:])
	c.entry.Absent = binary.BigEndian.Uint32(head[81:])
	keySize, bodySize := binary.BigEndian.Uint32(head[85:]), binary.BigEndian.Uint32(head[89:])
	text := make([]byte, keySize+bodySize)
	if _, err := io.ReadFull(from, text); err != nil {
		return c, unexpected(err)
	}
	c.key = string(text[:keySize])
	c.silent = head[93]&2 != 0
	if head[93]&1 != 0 {
		c.body = text[keySize:]
	}
	if head[93]&4 != 0 {
		c.entry.Candidate, err = readCandidate(from)
	}
	return c, err
}

func readCandidate(from io.Reader) (*store.Candidate, error) {
	var record [20]byte
	if _, err := io.ReadFull(from, record[:]); err != nil {
		return nil, unexpected(err)
	}
	return &store.Candidate{Digest: store.Hash(record[:16]), Polls: binary.BigEndian.Uint32(record[16:])}, nil
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
