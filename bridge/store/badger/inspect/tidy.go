package inspect

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// discards counts what could be collected in the value log, which holds no values here. Badger dies of some that
// are damaged, and makes one that is missing.
const discards = "DISCARD"

// checkValues looks at the heads of the value log, whose files hold no values: these are below the size at which
// Badger puts them there.
func (i *inspection) checkValues(context.Context) error {
	paths, err := filepath.Glob(i.path("*.vlog"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		id, err := logKey(path)
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if _, err := i.dataKey(path, id); err != nil {
			return err
		}
	}
	return nil
}

// logKey reads which key a log is encrypted with; one that is too short for a head is empty.
func logKey(path string) (uint64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	var id [8]byte
	_, err = io.ReadFull(file, id[:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil
	}
	return binary.BigEndian.Uint64(id[:]), err
}

// Tidy removes, from a database that was found well, what Badger would stumble over: the ends of files that a
// loss of power has left half written, and logs without a head. Badger cuts a log to nothing before it removes
// it, and makes one before it gives it a size; killed in between, it cannot open what it left.
func Tidy(path string, found Found) error {
	for name, end := range found.torn {
		if err := os.Truncate(name, end); err != nil {
			return fmt.Errorf("cut what was left half written: %w", err)
		}
	}
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		logs, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return err
		}
		for _, name := range logs {
			if err := removeHeadless(name); err != nil {
				return fmt.Errorf("remove empty log: %w", err)
			}
		}
	}
	err := os.Remove(filepath.Join(path, discards))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func removeHeadless(name string) error {
	stat, err := os.Stat(name)
	if err != nil || stat.Size() >= logTop {
		return err
	}
	return os.Remove(name)
}
