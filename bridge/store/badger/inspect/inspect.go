package inspect

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// Options say what is expected of a database.
type Options struct {
	Badger badger.Options // as it will be opened, its key included

	// Acknowledged is the version of a transaction that was acknowledged; 0: none is known of.
	Acknowledged uint64

	// Link reads from a row which transaction was committed before the one that it is part of; 0: the row begins
	// a chain. Linked is false for all other rows.
	Link func(key, value []byte) (before uint64, linked bool, err error)
}

// A Damage is a file that cannot be trusted. It is a [store.ErrDamaged].
type Damage struct{ File, What string }

func damaged(path, what string, args ...any) error {
	return &Damage{filepath.Base(path), fmt.Sprintf(what, args...)}
}

func (d *Damage) Error() string {
	return fmt.Sprintf("%v: file %q %s", store.ErrDamaged, d.File, d.What)
}

// Is matches [store.ErrDamaged].
func (d *Damage) Is(target error) bool { return target == store.ErrDamaged }

// A Found is what is known of a database that was found well.
type Found struct {
	Last uint64 // version of the newest transaction that Badger will find, if that is linked; 0: it is not
	torn map[string]int64
}

// An inspection is one call of Check.
type inspection struct {
	Options
	keys   map[uint64][]byte // by their numbers
	torn   map[string]int64  // files that end in what never counted, and where that begins
	logs   []*log
	tables map[uint64]badger.TableManifest // that the manifest names
	newest uint64                          // version in them
}

// Check reads all files of a database and returns a [Damage] for what cannot be trusted, a wrapped
// [store.ErrKey] where the key does not fit, and other errors where reading fails. It changes nothing. Reading
// goes on at the speed of the disk; the end of ctx ends it.
func Check(ctx context.Context, o Options) (Found, error) {
	i := &inspection{Options: o, keys: map[uint64][]byte{}, torn: map[string]int64{}}
	for _, step := range []func(context.Context) error{i.checkKeys, i.checkTables, i.checkLogs, i.checkValues} {
		if err := step(ctx); err != nil {
			return Found{}, err
		}
	}
	last, err := i.checkChain()
	return Found{Last: last, torn: i.torn}, err
}

func (i *inspection) path(name string) string { return filepath.Join(i.Badger.Dir, name) }

// dataKey returns the key that a file says it is encrypted with, nil where it is not.
func (i *inspection) dataKey(file string, id uint64) ([]byte, error) {
	if id == 0 {
		return nil, nil
	}
	key, ok := i.keys[id]
	if !ok {
		return nil, damaged(file, "is encrypted with key %d, which is not in %s: one of them is damaged", id, badger.KeyRegistryFileName)
	}
	return key, nil
}
