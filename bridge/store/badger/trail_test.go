package badger

import (
	"testing"

	"github.com/dgraph-io/badger/v4"
	"pgregory.net/rapid"
)

// In whatever order rows are asked for, those that are there are found, and no others.
func TestATrailFindsWhatASearchFinds(t *testing.T) {
	s := mustOpen(t, newPath(t))
	defer func() { must(t, s.Close()) }()
	var rows []row
	for number := uint64(0); number < 60; number += 1 + number%3 {
		key := longKey(kindEvent, number)
		rows = append(rows, row{key, sealUint(key, number)})
	}
	rows = append(rows, row{longKey(kindEvent+1, 7), []byte("of another kind")})
	must(t, s.writeRows(t.Context(), rows))
	rapid.Check(t, func(t *rapid.T) {
		asked := rapid.SliceOf(rapid.Uint64Max(70)).Draw(t, "numbers")
		err := s.db.View(func(txn *badger.Txn) error {
			v := view{txn}
			events := v.trail(kindEvent)
			defer events.close()
			for _, number := range asked {
				got, err := events.get(longKey(kindEvent, number))
				if err != nil {
					return err
				}
				want, err := v.get(longKey(kindEvent, number))
				if string(got) != string(want) || (got == nil) != (want == nil) {
					t.Fatalf("row %d is %q, want %q", number, got, want)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
