package badger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// O9: states as the programs of older schemas left them, of schema 1 the first of them and the last, with its last
// process killed too. The texts beside them say what these programs knew.
func TestAStateOfAnOlderSchemaIsMigratedAndHoldsAllThatItHeld(t *testing.T) {
	for _, name := range schemas() {
		t.Run(name, func(t *testing.T) {
			path := unpack(t, name)
			for range 2 {
				s := mustOpen(t, path)
				if got, want := dump(t, s), golden(t, name); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				must(t, s.Close())
			}
		})
	}
}

func schemas() []string {
	return []string{"schema1-first", "schema1-killed", "schema1-last", "schema2-killed", "schema2-last", "schema3-killed", "schema3-last"}
}

// O9: a kill at any transaction of a migration leaves one that the next start brings to its end.
func TestAMigrationGoesOnAfterAKill(t *testing.T) {
	for name, want := range map[string]int{"schema1-killed": 4, "schema2-killed": 4, "schema3-killed": 1} {
		t.Run(name, func(t *testing.T) { migrateWithKills(t, name, want) })
	}
}

func migrateWithKills(t *testing.T, name string, want int) {
	path, kills := unpack(t, name), 0
	for passing := range 20 {
		dir, err := hold(path)
		must(t, err)
		s := newStore(dir, Options{Path: path}.withDefaults())
		failAfter(s, passing)
		err = s.start(t.Context())
		if err == nil {
			must(t, s.Close())
			break
		}
		mustFail(t, err, errInjected)
		kills++
		f := &frozen{files: freeze(t, path)}
		must(t, s.abandon())
		path = f.thaw(t)
	}
	isEqual(t, "kills", kills, want)
	s := mustOpen(t, path)
	isEqual(t, "holds what it held", dump(t, s), golden(t, name))
	must(t, s.Close())
}

func TestAMigrationIsToldOnce(t *testing.T) {
	path := unpack(t, "schema1-first")
	var said bytes.Buffer
	for range 2 {
		s := mustOpenWith(t, Options{Path: path, Log: slog.New(slog.NewTextHandler(&said, nil))})
		must(t, s.Close())
	}
	if told := strings.Count(said.String(), `msg="migrated the state" to_schema=4`); told != 1 {
		t.Errorf("told %d times:\n%s", told, &said)
	}
}

// Each step leads to the next one, and the last of them to the schema of today.
func TestTheStepsOfMigrationsLeadToTheSchemaOfToday(t *testing.T) {
	for i, step := range steps() {
		isEqual(t, "from", step.from, uint32(i+1))
	}
	isEqual(t, "steps", len(steps()), schema-1)
}

// Where there are many memories the migration takes many transactions, and misses none.
func TestAMigrationOfManySourcesMissesNone(t *testing.T) {
	path := unpack(t, "schema1-first")
	s := mustOpen(t, path)
	all := map[string]store.Memory{}
	for n := range 3*migratedAtOnce + 7 {
		all[fmt.Sprint("source", n)] = store.Memory{Sequence: uint64(n) + 1}
	}
	must(t, s.Remember(t.Context(), all))
	must(t, s.commitRows([]row{schemaRow(1)}))
	must(t, s.Close())
	s = mustOpen(t, path)
	known, err := s.Known(t.Context())
	must(t, err)
	isEqual(t, "sources", len(known), len(all)+4)
	for name, m := range all {
		isEqual(t, name, known[name].Sequence, m.Sequence)
	}
	must(t, s.Close())
}

// Where there are many items the migration takes many transactions, and a kill after any of them does no harm.
func TestAMigrationOfManyItemsMissesNone(t *testing.T) {
	path := unpack(t, "schema2-last")
	dir, err := hold(path)
	must(t, err)
	s := newStore(dir, Options{Path: path}.withDefaults())
	must(t, s.openDatabase(t.Context()))
	const items = 3*migratedAtOnce + 7
	var rows []row
	for n := range uint64(items) {
		hash := store.Hash(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, n*0x9e3779b97f4a7c15), n))
		rows = append(rows, oldItem(77, hash, n)...)
	}
	must(t, s.commitRows(rows))
	must(t, errors.Join(s.db.Close(), s.directory.release()))
	for passing := 0; ; passing++ {
		dir, err := hold(path)
		must(t, err)
		s = newStore(dir, Options{Path: path}.withDefaults())
		failAfter(s, 2)
		if err = s.start(t.Context()); err == nil {
			break
		}
		mustFail(t, err, errInjected)
		must(t, s.abandon())
	}
	s.sources.learn("many", 77)
	count := 0
	for e, err := range s.Entries(t.Context(), "many") {
		must(t, err)
		got, err := s.Stored(t.Context(), "many", e)
		must(t, err)
		isEqual(t, "key", got.Key, fmt.Sprint("item ", e.Revision))
		isEqual(t, "body", string(got.Body), fmt.Sprint(e.Revision))
		count++
	}
	isEqual(t, "items", count, items)
	isEqual(t, "rows of the old form", rowsOf(t, s, oldEntry)+rowsOf(t, s, oldSnapshot), 0)
	must(t, s.Close())
}

// oldItem returns the rows that schema 2 had of an item.
func oldItem(source uint32, hash store.Hash, n uint64) []row {
	entry := append(shortKey(oldEntry, source), hash[:]...)
	w := newWriting(64)
	w.hash(hash)
	w.hash(hash)
	w.uint(1)
	w.uint(n)
	w.uint(0)
	w.int(0)
	snapshot := append(shortKey(oldSnapshot, source), hash[:]...)
	body := newWriting(64)
	body.text(fmt.Sprint("item ", n))
	body.uint(0)
	body.blob(fmt.Append(nil, n))
	return []row{{entry, w.seal(entry)}, {snapshot, body.seal(snapshot)}}
}
