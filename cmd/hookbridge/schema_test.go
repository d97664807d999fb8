package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// fixtures are the states of older schemas.
const fixtures = "../../bridge/store/badger/testdata"

// O9: a daemon takes over the state that the first program left, with what is pending in it and its sources that are
// still configured, and an older program's successor refuses one that is newer than itself.
func TestTheStateOfTheFirstSchemaIsTakenOverAndANewerOneIsRefused(t *testing.T) {
	needs(t, "tar")
	l := newLive(t, fmt.Sprintf(`
source "http" "orders" {
  every = "24h"
  url   = "http://127.0.0.1:1/"
  items = body
  key   = item.id
  sinks = [sink.crm]
}
sink "file" "crm" {
  path = %q
}
`, filepath.Join(t.TempDir(), "crm")))
	out, err := exec.Command("tar", "-xzf", filepath.Join(fixtures, "schema1-first.tar.gz"), "-C", l.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Rename(filepath.Join(l.dir, "state"), l.state()); err != nil {
		t.Fatal(err)
	}
	l.mustStart()
	source, err := l.client().Source(t.Context(), "orders")
	if err != nil || source.Items != 2 || source.Changed.IsZero() {
		t.Errorf("%v, %+v", err, source)
	}
	event, err := l.client().Event(t.Context(), "evt_dead")
	if err != nil || event.Type != "orders.updated" || event.Deliveries[0].State != "dead" {
		t.Errorf("%v, %+v", err, event)
	}
	l.stop()
	if said := l.log.tail(100); strings.Count(said, "migrated the state") != 1 {
		t.Errorf("the migration was not told once:\n%s", said)
	}
	makeNewer(t, l.state())
	said, err := exec.Command(l.command[0], l.command[1:]...).CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 3 || !strings.Contains(string(said), "its schema is 9, and this program knows those up to 4") {
		t.Errorf("a newer state: %v\n%s", err, said)
	}
}

// makeNewer gives a state the version of a program to come.
func makeNewer(t *testing.T, path string) {
	t.Helper()
	db, err := badger.Open(badger.DefaultOptions(path).WithLogger(nil).WithMemTableSize(8 << 20).WithCompression(options.None))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(txn *badger.Txn) error {
		return txn.Set([]byte("!schema"), binary.BigEndian.AppendUint32(nil, 9))
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
