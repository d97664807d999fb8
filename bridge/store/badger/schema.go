package badger

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// schema is the version of the rows. Its own row is four bytes, in every version.
const schema = 1

// An identity is what a state is given once.
type identity struct {
	seed  uint64
	epoch string
}

// identify reads the state's identity. A directory that never held a state gets one.
func (s *Store) identify() error {
	found, err := s.readSchema()
	if err != nil {
		return err
	}
	if !found && !s.directory.fresh {
		return errors.New("directory has no version: it is no state of hookbridge, or a damaged one")
	}
	if !found {
		if err := s.initialise(); err != nil {
			return fmt.Errorf("initialise state: %w", err)
		}
	}
	if err := s.directory.complete(); err != nil {
		return err
	}
	return s.db.View(func(txn *badger.Txn) error { return s.readIdentity(view{txn}) })
}

func (s *Store) readSchema() (found bool, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		version, err := view{txn}.get([]byte(keySchema))
		if err != nil || version == nil {
			return err
		}
		found = true
		return checkSchema(version)
	})
	return found, err
}

func checkSchema(version []byte) error {
	if len(version) != 4 {
		return fmt.Errorf("read version: %w", errDamaged)
	}
	switch v := binary.BigEndian.Uint32(version); {
	case v > schema:
		return fmt.Errorf("%w: it has version %d, this program knows %d", store.ErrNewer, v, schema)
	case v < schema:
		return fmt.Errorf("read version: %d was never one", v)
	}
	return nil
}

func (s *Store) initialise() error {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	key, w := []byte(keyIdentity), newWriting(32)
	w.raw(random[:8])
	w.text(strconv.FormatUint(binary.BigEndian.Uint64(random[8:]), 36))
	return s.db.Update(func(txn *badger.Txn) error {
		if err := txn.Set([]byte(keySchema), binary.BigEndian.AppendUint32(nil, schema)); err != nil {
			return err
		}
		return txn.Set(key, w.seal(key))
	})
}

func (s *Store) readIdentity(v view) error {
	key := []byte(keyIdentity)
	record, err := v.get(key)
	if err != nil {
		return err
	}
	r, err := open(key, record)
	if err != nil {
		return err
	}
	seed := r.raw(8)
	s.identity.epoch = r.text()
	if err := r.end(key); err != nil {
		return err
	}
	s.identity.seed = binary.BigEndian.Uint64(seed)
	return nil
}
