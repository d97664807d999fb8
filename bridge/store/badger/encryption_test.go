package badger

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// All that a state keeps is there again, and stands in none of its files, whether it was closed or killed.
func TestNothingOfAnEncryptedStateCanBeReadInItsFiles(t *testing.T) {
	const said = "something that must not be read"
	for _, size := range []int{16, 24, 32} {
		o := Options{Path: newPath(t), Key: keyOfTests()[:size]}
		s := mustOpenWith(t, o)
		must(t, s.Commit(t.Context(), store.Commit{
			Source: said + " 1", Memory: &store.Memory{Reason: said + " 2"},
			Put:    []store.Put{putOf(1, []byte(said+" 3")), putOf(2, bytes.Repeat([]byte(said), 40_000))},
			Append: []store.Append{appendOf(said+" 4", said+" 5", 0)},
		}))
		must(t, s.KeepSecret(t.Context(), said+" 6", []byte(said+" 7")))
		wantNowhere(t, o.Path, said)
		sum := sumOf(t, s)
		must(t, s.Close())
		wantNowhere(t, o.Path, said)
		s = mustOpenWith(t, o)
		isEqual(t, "rows", sumOf(t, s), sum)
		must(t, s.Close())
	}
}

func wantNowhere(t *testing.T, path, said string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	must(t, err)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(path, entry.Name()))
		must(t, err)
		if bytes.Contains(content, []byte(said)) || bytes.Contains(content, keyOfTests()[:16]) {
			t.Errorf("%s can be read", entry.Name())
		}
	}
}

// A key that does not fit is told as such, and changes nothing: the state opens with the right one afterwards.
func TestAKeyThatDoesNotFitIsRefusedAndDoesNoHarm(t *testing.T) {
	key, other := keyOfTests(), bytes.Repeat([]byte{7}, 32)
	for name, c := range map[string]struct {
		made, given []byte
		says        string
	}{
		"another key":             {key, other, "encrypted with another key"},
		"a key of another length": {key, other[:16], "encrypted with another key"},
		"no key":                  {key, nil, "the state is encrypted"},
		"a key for a plain state": {nil, key, "the state is not encrypted"},
	} {
		o := Options{Path: newPath(t), Key: c.made}
		s := mustOpenWith(t, o)
		commitEvents(t, s, 0, "e1")
		sum := sumOf(t, s)
		must(t, s.Close())
		_, err := Open(t.Context(), Options{Path: o.Path, Key: c.given})
		mustFail(t, err, store.ErrKey)
		if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), string(key)) {
			t.Errorf("%s: %q", name, err)
		}
		s = mustOpenWith(t, o)
		isEqual(t, name+": rows", sumOf(t, s), sum)
		must(t, s.Close())
	}
}

// O9: a state of an older schema gets a key as any other does: the backup of a start that migrates it is restored with
// the key.
func TestAStateOfAnOlderSchemaGetsAKey(t *testing.T) {
	for _, name := range schemas() {
		s := mustOpen(t, unpack(t, name))
		var file bytes.Buffer
		_, err := s.Backup(t.Context(), &file, "")
		must(t, err)
		must(t, s.Close())
		o := Options{Path: newPath(t), Key: keyOfTests()}
		_, _, err = Restore(t.Context(), o, &file, nil)
		must(t, err)
		isMigrated(t, o, name)
	}
}

// O9: an encrypted state of an older schema is migrated as a plain one is.
func TestAnEncryptedStateOfAnOlderSchemaIsMigrated(t *testing.T) {
	for _, name := range schemas() {
		old := oldRows(t, unpack(t, name))
		o := Options{Path: newPath(t), Key: keyOfTests()}
		s := mustOpenWith(t, o)
		must(t, s.commitRows(old))
		version, err := s.readSchema()
		must(t, err)
		isEqual(t, name+": an older schema before", version < schema, true)
		must(t, s.Close())
		isMigrated(t, o, name)
	}
}

// oldRows returns all rows of a state that is not encrypted, as they are.
func oldRows(t *testing.T, path string) (all []row) {
	t.Helper()
	db, err := badger.Open(plain(path, logger{log: slog.New(slog.DiscardHandler)}))
	must(t, err)
	must(t, db.View(func(txn *badger.Txn) error {
		return view{txn}.each(nil, nil, func(key []byte, item *badger.Item) error {
			value, err := item.ValueCopy(nil)
			all = append(all, row{bytes.Clone(key), value})
			return err
		})
	}))
	must(t, db.Close())
	return all
}

// isMigrated checks that a state is of today's schema, and holds what the state of testdata does.
func isMigrated(t *testing.T, o Options, name string) {
	t.Helper()
	s := mustOpenWith(t, o)
	version, err := s.readSchema()
	must(t, err)
	isEqual(t, name+": schema", version, schema)
	_, want, _ := strings.Cut(golden(t, name), "\n")
	_, got, _ := strings.Cut(dump(t, s), "\n")
	isEqual(t, name+": holds what it held", got, want)
	must(t, s.Close())
	wantNowhere(t, o.Path, "oauth2/crm")
}
