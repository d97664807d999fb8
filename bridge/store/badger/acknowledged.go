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

// fileAcknowledged keeps the version of the newest transaction that was acknowledged.
const fileAcknowledged = "ACKNOWLEDGED"

// The file has two places, in sectors of their own, that are written in turn, so that a loss of power spoils one of
// them at most. Each holds a mark, the version, and a checksum.
const (
	noteMark   = "hbacked1"
	noteSize   = len(noteMark) + 8 + 8
	noteStride = 4096
	notePlaces = 2
)

// An acknowledged is the file, open for writing.
type acknowledged struct {
	file *os.File
	turn int
}

// readAcknowledged returns the version in the file of a state. Found is false where there is no file.
func readAcknowledged(path string) (version uint64, found bool, err error) {
	content, err := os.ReadFile(filepath.Join(path, fileAcknowledged))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	whole := false
	for n := range notePlaces {
		if noted, ok := openNote(content, n*noteStride); ok {
			version, whole = max(version, noted), true
		}
	}
	if !whole {
		return 0, false, fmt.Errorf("%w: file %q cannot be read. Where nothing else is amiss, the state can do without it: remove it",
			store.ErrDamaged, fileAcknowledged)
	}
	return version, true, nil
}

func openNote(content []byte, at int) (version uint64, ok bool) {
	if len(content) < at+noteSize {
		return 0, false
	}
	note := content[at : at+noteSize]
	end := noteSize - 8
	return binary.BigEndian.Uint64(note[len(noteMark):]),
		string(note[:len(noteMark)]) == noteMark && xxh3.Hash(note[:end]) == binary.BigEndian.Uint64(note[end:])
}

func sealNote(version uint64) []byte {
	note := binary.BigEndian.AppendUint64([]byte(noteMark), version)
	return binary.BigEndian.AppendUint64(note, xxh3.Hash(note))
}

// openAcknowledged opens the file for writing. It is made where it is missing, and has both places when it returns.
func openAcknowledged(path string, version uint64) (*acknowledged, error) {
	file, err := os.OpenFile(filepath.Join(path, fileAcknowledged), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	a := &acknowledged{file: file}
	for range notePlaces {
		if err = a.write(version); err != nil {
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
	_, err := a.file.WriteAt(sealNote(version), int64(a.turn)*noteStride)
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
