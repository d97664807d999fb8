package badger

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// O9: states as the programs that bore schema 1 left them, the first of all of them, with its last process
// killed too, and the last. The texts beside them say what these programs knew.
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

func schemas() []string { return []string{"schema1-first", "schema1-killed", "schema1-last"} }

// O9: a kill at any transaction of a migration leaves one that the next start brings to its end.
func TestAMigrationGoesOnAfterAKill(t *testing.T) {
	path, kills := unpack(t, "schema1-killed"), 0
	for passing := range 10 {
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
	isEqual(t, "kills", kills, 2)
	s := mustOpen(t, path)
	isEqual(t, "holds what it held", dump(t, s), golden(t, "schema1-killed"))
	must(t, s.Close())
}

func TestAMigrationIsToldOnce(t *testing.T) {
	path := unpack(t, "schema1-first")
	var said bytes.Buffer
	for range 2 {
		s := mustOpenWith(t, Options{Path: path, Log: slog.New(slog.NewTextHandler(&said, nil))})
		must(t, s.Close())
	}
	if told := strings.Count(said.String(), `msg="migrated the state" to_schema=2`); told != 1 {
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
