package badger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/zeebo/xxh3"
)

// fileAcknowledged keeps the version of the newest transaction that was acknowledged, and the schema of the rows: a
// program that knows neither the rows nor the files of a newer one is to say so, and not that they are damaged.
const fileAcknowledged = "ACKNOWLEDGED"

// The file has two places, in sectors of their own, that are written in turn, so that a loss of power spoils one of
// them at most. Each holds a mark, the version, the schema and a checksum.
const (
	noteMark   = "hbacked1"
	noteSize   = len(noteMark) + 8 + 4 + 8
	noteStride = 4096
	notePlaces = 2
)

// A note is what the file says.
type note struct {
	version uint64
	schema  uint32
}

// readNote returns what the file of a state says. Found is false where there is none.
func readNote(path string) (n note, found bool, err error) {
	content, err := os.ReadFile(filepath.Join(path, fileAcknowledged))
	if errors.Is(err, fs.ErrNotExist) {
		return n, false, nil
	}
	if err != nil {
		return n, false, err
	}
	for place := range notePlaces {
		if noted, ok := openNote(content, place*noteStride); ok && (!found || noted.version >= n.version) {
			n, found = noted, true
		}
	}
	if !found {
		return n, false, fmt.Errorf("%w: file %q cannot be read. Where nothing else is amiss, the state can do without it: remove it",
			store.ErrDamaged, fileAcknowledged)
	}
	if n.schema > schema {
		return n, true, newer(n.schema)
	}
	return n, true, nil
}

func openNote(content []byte, at int) (n note, ok bool) {
	if len(content) < at+noteSize {
		return n, false
	}
	content = content[at : at+noteSize]
	end := noteSize - 8
	n.version = binary.BigEndian.Uint64(content[len(noteMark):])
	n.schema = binary.BigEndian.Uint32(content[len(noteMark)+8:])
	return n, string(content[:len(noteMark)]) == noteMark && xxh3.Hash(content[:end]) == binary.BigEndian.Uint64(content[end:])
}

func (n note) seal() []byte {
	sealed := binary.BigEndian.AppendUint64([]byte(noteMark), n.version)
	sealed = binary.BigEndian.AppendUint32(sealed, n.schema)
	return binary.BigEndian.AppendUint64(sealed, xxh3.Hash(sealed))
}

// An acknowledged is the file, open for writing.
type acknowledged struct {
	file *os.File
	note
	turn int
}

// openAcknowledged opens the file for writing. It is made where it is missing, and has both places when it returns.
func openAcknowledged(path string, n note) (*acknowledged, error) {
	file, err := os.OpenFile(filepath.Join(path, fileAcknowledged), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	a := &acknowledged{file: file, note: n}
	for range notePlaces {
		if err = a.write(n.version); err != nil {
			break
		}
	}
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", fileAcknowledged, err), file.Close())
	}
	return a, nil
}

// write notes a version. It is with the operating system when it returns, so that it survives a kill.
func (a *acknowledged) write(version uint64) error {
	a.version = version
	_, err := a.file.WriteAt(a.seal(), int64(a.turn)*noteStride)
	a.turn = (a.turn + 1) % notePlaces
	return err
}

// close notes a version for good.
func (a *acknowledged) close(version uint64) error {
	err := a.write(version)
	if err == nil {
		err = a.file.Sync()
	}
	return errors.Join(err, a.file.Close())
}
