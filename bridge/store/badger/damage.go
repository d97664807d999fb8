package badger

import (
	"context"
	"fmt"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger/inspect"
)

// openDatabase opens Badger once its files were found well, and holds what it finds against them.
func (s *Store) openDatabase(ctx context.Context) error {
	path := s.directory.path
	noted, found, err := readNote(path)
	if err != nil {
		return err
	}
	options := s.options()
	files, err := inspect.Check(ctx, inspect.Options{Badger: options, Acknowledged: noted.version, Link: readLink})
	if err != nil {
		return err
	}
	if err := inspect.Tidy(path, files); err != nil {
		return err
	}
	if s.db, err = openBadger(options); err != nil {
		return err
	}
	s.chain, s.slots = chain{db: s.db, log: s.log}, &slots{s.db, map[uint32]uint64{}}
	if err := s.chain.find(); err != nil {
		return err
	}
	if most := max(noted.version, files.Last); s.chain.last < most {
		return fmt.Errorf("%w: transactions up to number %d were acknowledged, and the last one there is number %d",
			store.ErrDamaged, most, s.chain.last)
	}
	if !found && s.chain.last > 0 {
		s.log.Warn("a file is missing that tells which changes are on disk: it is made anew", "file", fileAcknowledged)
	}
	version, err := s.readSchema()
	if err != nil {
		return err
	}
	s.chain.note, err = openAcknowledged(path, note{s.chain.last, version})
	return err
}

func (s *Store) options() badger.Options {
	return tuned(s.directory.path, s.key, logger{s.log, s.space.brake})
}

// openBadger opens Badger, which panics over some damaged files.
func openBadger(options badger.Options) (db *badger.DB, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("open database: %v", cause)
		}
	}()
	db, err = badger.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}
