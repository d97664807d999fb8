package document

import (
	"errors"
	"io"
)

// Errors of Split that callers tell apart.
var (
	ErrMissing = errors.New("nothing at the path of the list")
	ErrNotList = errors.New("the value at the path is no list")
)

// Limits bound what is read; each error names the bound that it met.
type Limits struct {
	Item  int64 // bytes of one item, and of one value captured beside the list
	Depth int   // levels of nesting
}

// Split reads one JSON value of any size from r and yields the raw elements of the array at the path list,
// each valid until yield returns, with its position from 0. It returns the raw values at the paths of also
// (nil where absent), which may lead anywhere, to the list itself as well. It fails on anything after the
// value. An error of yield is returned unchanged.
func Split(r io.Reader, list Path, also []Path, limits Limits, yield func(position int, item []byte) error) ([][]byte, error) {
	panic("to be written")
}

// SplitLines reads values separated by newlines (NDJSON), and is otherwise as Split. Blank lines are passed over.
func SplitLines(r io.Reader, limits Limits, yield func(position int, item []byte) error) error {
	panic("to be written")
}
