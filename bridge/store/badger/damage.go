package badger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"
)

// checkTables refuses tables that are cut short or whose index is damaged. Badger panics over these in a
// goroutine of its own, from which nothing can recover. It reads a few kilobytes of each table. Tables that
// the manifest does not name are what a kill has left half written: Badger removes them.
func checkTables(path string, options badger.Options) error {
	file, err := os.Open(filepath.Join(path, manifest))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	known, _, err := badger.ReplayManifestFile(file, options.ExternalMagicVersion, options)
	if err != nil {
		return fmt.Errorf("read %s: %w", manifest, err)
	}
	for id := range known.Tables {
		name := table.NewFilename(id, path)
		if err := checkTable(name); err != nil {
			return fmt.Errorf("check table %q: %w", filepath.Base(name), err)
		}
	}
	return nil
}

// A table ends with its index, the index's length, the index's checksum and the checksum's length; lengths
// are four bytes, big-endian (table/builder.go of Badger).
func checkTable(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	sum, end, err := lastField(file, stat.Size())
	if err != nil {
		return err
	}
	index, _, err := lastField(file, end)
	if err != nil {
		return err
	}
	var checksum pb.Checksum
	if err := proto.Unmarshal(sum, &checksum); err != nil {
		return errDamagedTable
	}
	if y.VerifyChecksum(index, &checksum) != nil {
		return errDamagedTable
	}
	return nil
}

// lastField reads the field that ends, with its length after it, at end. It returns where the field begins.
func lastField(file *os.File, end int64) (field []byte, start int64, err error) {
	var length [4]byte
	if end < int64(len(length)) {
		return nil, 0, errDamagedTable
	}
	if _, err := file.ReadAt(length[:], end-int64(len(length))); err != nil {
		return nil, 0, err
	}
	start = end - int64(len(length)) - int64(binary.BigEndian.Uint32(length[:]))
	if start < 0 || start >= end-int64(len(length)) {
		return nil, 0, errDamagedTable
	}
	field = make([]byte, end-int64(len(length))-start)
	_, err = file.ReadAt(field, start)
	return field, start, err
}

// removeEmpty removes empty logs. Badger cuts a log to nothing before it removes it, and makes one before it
// gives it a size; killed in between, it cannot open what it left. Nothing that was acknowledged is in them.
func removeEmpty(path string) error {
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		logs, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return err
		}
		for _, name := range logs {
			stat, err := os.Stat(name)
			if err == nil && stat.Size() == 0 {
				err = os.Remove(name)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
