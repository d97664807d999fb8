package badger

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// schema is the version of the rows. Its own row is four bytes, in every version.
const schema = 4

// An identity is what a state is given once.
type identity struct {
	seed  uint64
	epoch string
}

// identify reads the state's identity, of an older schema once it is brought to this one. A directory that never held a
// state gets one.
func (s *Store) identify() error {
	version, err := s.readSchema()
	switch {
	case err != nil:
		return err
	case version == 0 && !s.directory.fresh:
		return fmt.Errorf("%w: directory has no version: it is no state of hookbridge, or a damaged one", store.ErrDamaged)
	case version == 0:
		err = s.initialise()
	case version < schema:
		err = s.migrate(version)
	}
	if err != nil {
		return err
	}
	s.chain.note.schema = schema
	if err := s.chain.note.write(s.chain.last); err != nil {
		return err
	}
	if err := s.directory.remove(fileFresh); err != nil {
		return err
	}
	return s.db.View(func(txn *badger.Txn) error { return s.readIdentity(view{txn}) })
}

// readSchema returns the version of the rows, 0 where there is none.
func (s *Store) readSchema() (version uint32, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		row, err := view{txn}.get([]byte(keySchema))
		if err == nil && row != nil {
			version, err = checkSchema(row)
		}
		return err
	})
	return version, err
}

func checkSchema(row []byte) (uint32, error) {
	if len(row) != 4 {
		return 0, fmt.Errorf("read version: %w", errDamaged)
	}
	switch v := binary.BigEndian.Uint32(row); {
	case v > schema:
		return 0, newer(v)
	case v < 1:
		return 0, fmt.Errorf("read version: %d was never one", v)
	default:
		return v, nil
	}
}

func newer(version uint32) error {
	return fmt.Errorf("%w: its schema is %d, and this program knows those up to %d: run the version that wrote it, or a newer one",
		store.ErrNewer, version, schema)
}

func schemaRow(version uint32) row {
	return row{[]byte(keySchema), binary.BigEndian.AppendUint32(nil, version)}
}

func (s *Store) initialise() error {
	made, err := newIdentity()
	if err == nil {
		err = s.commitRows([]row{schemaRow(schema), made.row()})
	}
	if err != nil {
		return fmt.Errorf("initialise state: %w", err)
	}
	s.log.Info("made a new state", "path", s.directory.path)
	return nil
}

func newIdentity() (made identity, err error) {
	var random [16]byte
	_, err = rand.Read(random[:])
	made.seed = binary.BigEndian.Uint64(random[:])
	made.epoch = strconv.FormatUint(binary.BigEndian.Uint64(random[8:]), 36)
	return made, err
}

func (i identity) row() row {
	key, w := []byte(keyIdentity), newWriting(32)
	w.raw(binary.BigEndian.AppendUint64(nil, i.seed))
	w.text(i.epoch)
	return row{key, w.seal(key)}
}

func openIdentity(record []byte) (i identity, err error) {
	key := []byte(keyIdentity)
	r, err := open(key, record)
	if err != nil {
		return i, err
	}
	seed := r.raw(8)
	i.epoch = r.text()
	if err := r.end(key); err != nil {
		return i, err
	}
	i.seed = binary.BigEndian.Uint64(seed)
	return i, nil
}

func (s *Store) readIdentity(v view) error {
	record, err := v.get([]byte(keyIdentity))
	if err == nil {
		s.identity, err = openIdentity(record)
	}
	return err
}
