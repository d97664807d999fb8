package document

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// slack is what the decoder may read beyond one item: white space and separators before it.
const slack = 64 << 10

// meter counts what it gives out and stops at a ceiling, which moves up with each value: so a value that
// is too large is noticed while it is read, not when it fills the memory.
type meter struct {
	r       io.Reader
	given   int64
	ceiling int64 // -1: none
}

var errCeiling = errors.New("ceiling reached")

func (m *meter) Read(p []byte) (int, error) {
	if m.ceiling >= 0 {
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

// skipMark passes over the byte order mark that some servers put before UTF-8.
func skipMark(r io.Reader) io.Reader {
	const mark = "\xef\xbb\xbf"
	var start [len(mark)]byte
	n, err := io.ReadFull(r, start[:])
	if string(start[:n]) == mark {
		return r
	}
	head := io.MultiReader(strings.NewReader(string(start[:n])), r)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.MultiReader(strings.NewReader(string(start[:n])), broken{err})
	}
	return head
}

// broken is a reader that has failed.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// allow moves the ceiling so that one more value fits under it.
func (s *splitter) allow() {
	s.in.ceiling = -1
	if s.limits.Item > 0 {
		s.in.ceiling = s.dec.InputOffset() + s.limits.Item + slack
	}
}

// peek returns the kind of the next token, 0 at the end and where an error waits.
func (s *splitter) peek() jsontext.Kind {
	s.allow()
	return s.dec.PeekKind()
}

// more reports whether the array that is being read goes on.
func (s *splitter) more() bool { return s.peek() != ']' }

// token reads one token that is known to be a bracket or brace, unless there is an error.
func (s *splitter) token() error {
	s.allow()
	_, err := s.dec.ReadToken()
	return s.explain(err)
}

func (s *splitter) name() (string, error) {
	s.allow()
	token, err := s.dec.ReadToken()
	if err != nil {
		return "", s.explain(err)
	}
	return token.String(), nil
}

// read reads the next value within the bounds.
func (s *splitter) read() ([]byte, error) {
	s.allow()
	raw, err := s.dec.ReadValue()
	if err != nil {
		return nil, s.explain(err)
	}
	if s.limits.Item > 0 && int64(len(raw)) > s.limits.Item {
		return nil, s.explain(errCeiling)
	}
	if !depthBelow(raw, s.limits.Depth) {
		return nil, s.tooDeep()
	}
	return raw, nil
}

// skip passes over the next value, of any size, token by token.
func (s *splitter) skip() error {
	for depth := s.dec.StackDepth(); ; {
		if err := s.token(); err != nil {
			return err
		}
		if s.dec.StackDepth() <= depth {
			return nil
		}
	}
}

// explain gives an error of the decoder the words that an operator can act on.
func (s *splitter) explain(err error) error {
	syntactic, isSyntactic := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errCeiling):
		return fmt.Errorf("%slarger than %s (limit max_item)", s.place(), size(s.limits.Item))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%struncated JSON: %w", s.place(), err)
	case isSyntactic && syntactic.Err != nil && syntactic.Err.Error() == "exceeded max depth":
		return s.tooDeep()
	case isSyntactic:
		return fmt.Errorf("%sinvalid JSON: %w", s.place(), err)
	}
	return fmt.Errorf("%sread JSON: %w", s.place(), err)
}

// hardDepth is the deepest nesting that the decoder itself takes.
const hardDepth = 10_000

func (s *splitter) tooDeep() error {
	most := s.limits.Depth
	if most <= 0 || most > hardDepth {
		most = hardDepth
	}
	return fmt.Errorf("%snested deeper than %d (limit max_depth)", s.place(), most)
}

func (s *splitter) place() string {
	if s.inList {
		return fmt.Sprintf("item %d: ", s.position)
	}
	return ""
}

// size writes a number of bytes in the largest unit that divides it.
func size(n int64) string {
	for _, unit := range []string{"B", "KiB", "MiB"} {
		if n == 0 || n%1024 != 0 {
			return fmt.Sprintf("%d%s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%dGiB", n)
}
