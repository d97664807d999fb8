package badger

import (
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A step brings a state from one schema to the next. It is run anew when a kill has cut it short at any of its
// transactions: the version moves when it is done.
type step struct {
	from uint32
	run  func(*Store) error
}

// steps are all there were, in their order. Testdata has a state of each schema.
func steps() []step {
	return []step{
		// Schema 1 had memories without what tells a changed key, a baseline that is to be taken anew, and a
		// source that is stale, and holds without what ends them; its last programs had them. Schema 2 links
		// its transactions, which a program of schema 1 would not.
		{1, (*Store).completeMemories},
	}
}

// migrate brings a state of an older schema to this one. It holds a few hundred rows in memory.
func (s *Store) migrate(from uint32) error {
	began := s.now()
	s.log.Info("migrating the state", "from_schema", from, "to_schema", schema)
	for _, step := range steps() {
		if step.from < from {
			continue
		}
		err := step.run(s)
		if err == nil {
			err = s.commitRows([]row{schemaRow(step.from + 1)})
		}
		if err != nil {
			return fmt.Errorf("migrate from schema %d: %w", step.from, err)
		}
	}
	s.log.Info("migrated the state", "to_schema", schema, "took", s.now().Sub(began).Round(time.Millisecond).String())
	return nil
}

// migratedAtOnce bounds the rows that a step holds in memory.
const migratedAtOnce = 500

// completeMemories adds to the memories of schema 1 what they are without.
func (s *Store) completeMemories() error {
	for from := []byte{kindMemory}; ; {
		rows, err := s.someOldMemories(from)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := s.commitRows(rows); err != nil {
			return err
		}
		from = append(rows[len(rows)-1].key, 0)
	}
}

// someOldMemories returns memories of schema 1, from a key on, as they are to be.
func (s *Store) someOldMemories(from []byte) (rows []row, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		c := view{txn}.walk([]byte{kindMemory})
		defer c.Close()
		for c.Seek(from); c.valid() && len(rows) < migratedAtOnce; c.Next() {
			key := c.Item().KeyCopy(nil)
			err := c.Item().Value(func(record []byte) error {
				m, err := openOldMemory(key, record)
				rows = append(rows, row{key, sealMemory(key, m)})
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

// openOldMemory reads a memory of schema 1, in the longer form of its last programs too. One that is read in the form
// that is not its own does not end where it should.
func openOldMemory(key, record []byte) (store.Memory, error) {
	if m, err := openMemory(key, record); err == nil {
		return m, nil
	}
	r, err := open(key, record)
	if err != nil {
		return store.Memory{}, err
	}
	m := r.memory()
	if r.bool() {
		m.Hold = r.hold()
	}
	m.Released, m.Paused, m.Gone = r.bool(), r.bool(), r.time()
	return m, r.end(key)
}
