package badger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// fileRestoring is there from before a restore's first file until the state is complete.
const fileRestoring = "RESTORING"

// Restore makes a state of a backup, in a directory that is empty or not there. The key of the backup is that which it
// was made with, nil for none; the state gets the key of the options. It returns the header of the backup and how many
// rows it has.
//
// The state holds what the state held of which the backup is, as if it had been killed at that moment, but for its
// epoch: events that are found from now on get ids that were never given, since what the old state gave out after the
// backup is not known here. Events that are in the backup keep theirs.
//
// Errors are those of Open, a wrapped [store.ErrOccupied] for a directory that holds anything, and a wrapped
// [backup.ErrDamaged]. After an error the directory is as it was. A restore that was killed leaves a directory that no
// daemon takes for a state, and that the next Restore clears.
func Restore(ctx context.Context, o Options, from io.Reader, key []byte) (h backup.Header, rows int, err error) {
	o = o.withDefaults()
	_, err = os.Stat(o.Path)
	made := errors.Is(err, os.ErrNotExist)
	r := &restore{Options: o, backupKey: key}
	if err := r.run(ctx, from); err != nil {
		if made && r.cleared {
			err = errors.Join(err, os.Remove(o.Path))
		}
		return r.header, 0, fmt.Errorf("restore state to %q: %w", o.Path, err)
	}
	return r.header, r.rows, nil
}

// A restore is one call of Restore.
type restore struct {
	Options
	backupKey []byte
	directory *directory
	header    backup.Header
	rows      int
	schema    []byte // rows that are written last
	identity  []byte
	linked    bool // the backup has a link
	cleared   bool // the directory is empty
}

func (r *restore) run(ctx context.Context, from io.Reader) (err error) {
	if r.directory, err = lockForRestore(r.Path); err != nil {
		return err
	}
	if err := r.begin(); err != nil {
		return errors.Join(err, r.directory.release())
	}
	err = r.fill(ctx, from)
	if err == nil {
		err = r.verify(ctx)
	}
	if err == nil {
		err = r.directory.remove(fileRestoring)
	}
	if err != nil {
		err = errors.Join(err, r.clear())
	}
	return errors.Join(err, r.directory.release())
}

// lockForRestore makes and locks a directory. It must be empty but for what a restore has left that was killed.
func lockForRestore(path string) (*directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDirectory(path)
	if err != nil {
		return nil, err
	}
	return &directory{path: path, lock: lock}, nil
}

// begin marks an empty directory as one that is being restored.
func (r *restore) begin() error {
	names, err := r.directory.names()
	if err != nil {
		return err
	}
	if len(names) > 0 {
		if _, err := os.Stat(filepath.Join(r.Path, fileRestoring)); err != nil {
			return fmt.Errorf("%w: it holds %q, and a restore wants an empty one: move the old state away, or name another directory",
				store.ErrOccupied, names[0])
		}
		if err := r.clear(); err != nil {
			return err
		}
	}
	return r.directory.mark(fileRestoring)
}

// clear removes everything, the mark last.
func (r *restore) clear() error {
	names, err := r.directory.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if name != fileRestoring {
			err = errors.Join(err, os.RemoveAll(filepath.Join(r.Path, name)))
		}
	}
	if err == nil {
		err = r.directory.remove(fileRestoring)
	}
	r.cleared = err == nil
	return err
}

// fill writes the rows of the backup into a database of its own, and what makes it a state last.
func (r *restore) fill(ctx context.Context, from io.Reader) (err error) {
	in, err := backup.NewReader(from, r.backupKey)
	if err != nil {
		return err
	}
	defer in.Close()
	if r.header = in.Header; r.header.Schema > schema {
		return fmt.Errorf("%w: the backup has schema %d, and this program knows those up to %d: take the version that made it (%s), or a newer one",
			store.ErrNewer, r.header.Schema, schema, r.header.Version)
	}
	s := newStore(r.directory, r.Options)
	if err := s.space.forMuch(); err != nil {
		return err
	}
	if s.db, err = openBadger(s.options().WithSyncWrites(false)); err != nil {
		return err
	}
	s.chain = chain{db: s.db, log: r.Log}
	if err = r.load(ctx, s, in); err == nil {
		s.chain.note, err = openAcknowledged(r.Path, note{schema: r.header.Schema})
	}
	if err == nil {
		err = r.complete(s)
	}
	if err == nil {
		err = r.count(s)
	}
	return errors.Join(err, s.closeDatabase())
}

// load writes the rows of the backup but those that make it a state.
func (r *restore) load(ctx context.Context, s *Store, in io.Reader) (err error) {
	batch := s.db.NewWriteBatch()
	defer batch.Cancel()
	r.rows, err = readRows(in, func(next row) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := s.space.forMuch(); err != nil {
			return err
		}
		return r.take(next, batch)
	})
	if err != nil {
		return err
	}
	if r.schema == nil || r.identity == nil {
		return fmt.Errorf("%w: it is of no state", backup.ErrDamaged)
	}
	return batch.Flush()
}

func (r *restore) take(next row, batch *badger.WriteBatch) error {
	switch string(next.key) {
	case keySchema:
		r.schema = next.value
		if len(next.value) != 4 || binary.BigEndian.Uint32(next.value) != r.header.Schema {
			return fmt.Errorf("%w: its schema is not that of its rows", backup.ErrDamaged)
		}
		return nil
	case keyIdentity:
		r.identity = next.value
		return nil
	case keyLink: // the new state begins a chain of its own
		r.linked = true
		return nil
	}
	if _, err := open(next.key, next.value); err != nil {
		return fmt.Errorf("%w: %w", backup.ErrDamaged, err)
	}
	return batch.Set(next.key, next.value)
}

// complete makes the rows a state, with an epoch of its own.
func (r *restore) complete(s *Store) error {
	old, err := openIdentity(r.identity)
	if err != nil {
		return fmt.Errorf("%w: %w", backup.ErrDamaged, err)
	}
	made, err := newIdentity()
	if err != nil {
		return err
	}
	made.seed = old.seed
	return s.commitRows([]row{{[]byte(keySchema), r.schema}, made.row()})
}

// count makes sure that all rows are there.
func (r *restore) count(s *Store) error {
	there := 0
	err := s.look(func(v view) error {
		return v.each(nil, nil, func([]byte, *badger.Item) error {
			there++
			return nil
		})
	})
	want := r.rows
	if !r.linked {
		want++
	}
	if err == nil && there != want {
		err = fmt.Errorf("%d rows are there, and should be %d", there, want)
	}
	return err
}

// verify opens the state as a daemon will, which migrates it.
func (r *restore) verify(ctx context.Context) error {
	s := newStore(r.directory, r.Options)
	if err := s.start(ctx); err != nil {
		return errors.Join(err, s.closeDatabase())
	}
	s.bar()
	return s.shut()
}
