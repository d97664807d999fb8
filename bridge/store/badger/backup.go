package badger

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

// A backup holds rows in the order of their keys, each as the length of its key, its key, the length of its value and
// its value, and after them a zero and how many they are. Lengths are uvarints.

// rowsPerCheck is how often a backup asks whether its context has ended.
const rowsPerCheck = 256

// Backup writes all that the state holds at one moment, whatever is committed while it writes, as a backup (package
// backup) that bears the version of the program. It is encrypted with the key of the state, if that has one. It returns
// how many rows there are. What was claimed is pending in it. Backup holds a megabyte or two in memory, takes as long as
// to takes, and holds up no one; rows that were replaced meanwhile stay on disk until it ends. It ends early with its
// context, and with to.
func (s *Store) Backup(ctx context.Context, to io.Writer, version string) (rows int, err error) {
	h := backup.Header{Schema: schema, Version: version, Made: s.now().UTC()}
	err = s.look(func(v view) error {
		w, err := backup.NewWriter(to, h, s.key)
		if err != nil {
			return err
		}
		if rows, err = v.writeRows(ctx, w); err != nil {
			return err
		}
		return w.Close()
	})
	if err != nil {
		return rows, fmt.Errorf("back up state: %w", err)
	}
	return rows, nil
}

// writeRows writes all rows. One that is damaged is an error: a backup that lacks it would pass for a whole one.
func (v view) writeRows(ctx context.Context, w io.Writer) (count int, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	err = v.each(nil, nil, func(key []byte, item *badger.Item) error {
		if count++; count%rowsPerCheck == 1 {
			crashpoint.Here(crashpoint.StoreBackup)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
		return item.Value(func(record []byte) error {
			if string(key) != keySchema {
				if _, err := open(key, record); err != nil {
					return err
				}
			}
			return writeRow(out, key, record)
		})
	})
	if err != nil {
		return count, err
	}
	_, err = out.Write(binary.AppendUvarint([]byte{0}, uint64(count)))
	if err != nil {
		return count, err
	}
	return count, out.Flush()
}

func writeRow(w *bufio.Writer, key, value []byte) error {
	for _, part := range [][]byte{key, value} {
		if _, err := w.Write(binary.AppendUvarint(nil, uint64(len(part)))); err != nil {
			return err
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Bounds of a row in a backup: Badger takes no larger ones.
const (
	maxRowKey   = 65_000
	maxRowValue = 8 << 20
)

// readRows calls visit with each row, which may keep it, and returns when the backup has ended as it should.
func readRows(from io.Reader, visit func(row) error) (count int, err error) {
	in := bufio.NewReaderSize(from, 64<<10)
	for ; ; count++ {
		key, err := readPart(in, maxRowKey)
		if err != nil {
			return count, err
		}
		if len(key) == 0 {
			return count, readEnd(in, count)
		}
		value, err := readPart(in, maxRowValue)
		if err != nil {
			return count, err
		}
		if err := visit(row{key, value}); err != nil {
			return count, err
		}
	}
}

func readPart(in *bufio.Reader, most uint64) ([]byte, error) {
	size, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, endless(err)
	}
	if size > most {
		return nil, fmt.Errorf("%w: it has a row of %d bytes", backup.ErrDamaged, size)
	}
	part := make([]byte, size)
	_, err = io.ReadFull(in, part)
	return part, endless(err)
}

func readEnd(in *bufio.Reader, count int) error {
	told, err := binary.ReadUvarint(in)
	if err != nil {
		return endless(err)
	}
	if told != uint64(count) {
		return fmt.Errorf("%w: it has %d rows, and should have %d", backup.ErrDamaged, count, told)
	}
	_, err = in.ReadByte()
	if err == nil {
		return fmt.Errorf("%w: something follows its last row", backup.ErrDamaged)
	}
	if err == io.EOF { //nolint:errorlint // the reader's own
		return nil
	}
	return err
}

// endless makes an error of an end that comes before the last row.
func endless(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF { //nolint:errorlint // the reader's own
		return fmt.Errorf("%w: it ends before its last row", backup.ErrDamaged)
	}
	return err
}
