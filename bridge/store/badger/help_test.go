package badger

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/storetest"
)

var errInjected = errors.New("injected")

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "state") }

func mustOpen(t testing.TB, path string) *Store {
	t.Helper()
	return mustOpenWith(t, Options{Path: path})
}

func mustOpenWith(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	must(t, err)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustFail(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func isEqual[V comparable](t testing.TB, what string, got, want V) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func appendOf(id, sink string, order byte) store.Append {
	return store.Append{
		Event: bridge.Event{
			ID: id, Type: "orders.created", Source: "orders", Key: id, Time: time.Now(), Change: bridge.Created, Revision: 1,
			After: json.RawMessage(`{"id":1}`),
		},
		To: []store.Target{{Sink: sink, Order: store.Hash{order}}},
	}
}

func commitEvents(t testing.TB, s *Store, order byte, ids ...string) {
	t.Helper()
	c := store.Commit{Source: "orders"}
	for _, id := range ids {
		c.Append = append(c.Append, appendOf(id, "hook", order))
	}
	must(t, s.Commit(t.Context(), c))
}

func claimAll(t testing.TB, s *Store) []store.Delivery {
	t.Helper()
	claimed, _, err := s.Claim(t.Context(), "hook", time.Now().Add(time.Hour), 1000)
	must(t, err)
	return claimed
}

func settleAs(t testing.TB, s *Store, state store.State, all ...store.Delivery) {
	t.Helper()
	var settled []store.Settlement
	for _, d := range all {
		settled = append(settled, store.Settlement{Delivery: d, State: state})
	}
	must(t, s.Settle(t.Context(), settled))
}

// rowsOf counts the rows of a kind.
func rowsOf(t testing.TB, s *Store, kind byte) (count int) {
	t.Helper()
	must(t, s.look(func(v view) error {
		return v.each([]byte{kind}, []byte{kind}, func([]byte, *badger.Item) error {
			count++
			return nil
		})
	}))
	return count
}

// raw changes rows behind the store's back.
func raw(t testing.TB, s *Store, rows ...row) {
	t.Helper()
	must(t, s.db.Update(func(txn *badger.Txn) error {
		for _, r := range rows {
			if err := txn.Set(r.key, r.value); err != nil {
				return err
			}
		}
		return nil
	}))
}

// flipRow flips a bit in the middle of a row.
func flipRow(t testing.TB, s *Store, key []byte) {
	t.Helper()
	var record []byte
	must(t, s.look(func(v view) (err error) {
		record, err = v.get(key)
		return err
	}))
	record[len(record)/2] ^= 1
	raw(t, s, row{key, record})
}

// failAfter lets so many transactions pass, and none after them, as if the process were killed.
func failAfter(s *Store, passing int) {
	s.commit = func(b *batch) error {
		if passing--; passing < 0 {
			return errInjected
		}
		return b.commit()
	}
}

func bodyOf(size int, seed byte) []byte {
	body := make([]byte, size)
	for i := range body {
		body[i] = 'a' + (seed+byte(i))%26
	}
	return body
}

func putOf(n byte, body []byte) store.Put {
	return store.Put{Entry: store.Entry{Key: store.Hash{n}, Revision: 1}, Snapshot: store.Snapshot{Key: fmt.Sprint(n), Body: body}}
}

// mustCommit commits as a poll does, which knows the slots of items.
func mustCommit(t testing.TB, s *Store, c store.Commit) {
	t.Helper()
	c, err := storetest.Seat(t.Context(), s, c)
	must(t, err)
	must(t, s.Commit(t.Context(), c))
}

// entryOf returns the entry of an item.
func entryOf(t testing.TB, s *Store, key store.Hash) store.Entry {
	t.Helper()
	for e, err := range s.Entries(t.Context(), "orders") {
		must(t, err)
		if e.Key == key {
			return e
		}
	}
	t.Fatalf("item %x is not there", key)
	return store.Entry{}
}
