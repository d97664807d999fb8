package badger

import (
	"fmt"
	"time"

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

		// Schema 2 had the index in a row for each item, by the hash of its key, and so its snapshots; the rows of
		// queues were spread among others.
		{2, (*Store).regroup},

		// Schema 3 had each snapshot in a row of its own, as those still are that it wrote; its programs know no
		// sheaves.
		{3, func(*Store) error { return nil }},
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

// completeMemories adds to the memories of schema 1 what they are without.
func (s *Store) completeMemories() error {
	return s.migrateRows(kindMemory, func(b *batch, rows []row) error {
		for _, r := range rows {
			m, err := openOldMemory(r.key, r.value)
			if err != nil {
				return err
			}
			b.put(row{r.key, sealMemory(r.key, m)})
		}
		return nil
	})
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
