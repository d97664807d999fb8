package inspect

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// checkChain follows the transactions of all logs, from the newest one in the tables on. It returns the version of
// the newest of them, 0 where none is linked.
func (i *inspection) checkChain() (newest uint64, err error) {
	var all []link
	for _, l := range i.logs {
		all = append(all, l.links...)
	}
	slices.SortFunc(all, func(a, b link) int { return cmp.Compare(a.version, b.version) })
	for _, next := range all {
		if next.version <= i.newest {
			continue // it is in a table, and its log had still to be removed
		}
		if next.before > i.newest && next.before != newest {
			return 0, i.hole(next)
		}
		newest = next.version
	}
	if i.Acknowledged > max(newest, i.newest) {
		return 0, i.end(max(newest, i.newest))
	}
	return newest, nil
}

// hole names the file that has lost what was before a transaction, as far as that can be told.
func (i *inspection) hole(next link) error {
	if err := i.lost(next.before); err != nil {
		return err
	}
	return fmt.Errorf("%w: file %q goes on from transaction %d, which no file holds: a log (*.mem) is missing, or was cut short",
		store.ErrDamaged, filepath.Base(next.path), next.before)
}

// end names the file that has lost what was acknowledged after a transaction, as far as that can be told.
func (i *inspection) end(last uint64) error {
	if err := i.lost(i.Acknowledged); err != nil {
		return err
	}
	for path, at := range i.torn {
		if filepath.Ext(path) == ".mem" {
			return damaged(path, "is damaged at byte %d: what was acknowledged after it is lost", at)
		}
	}
	what := "the log (*.mem) of those after it is missing"
	if len(i.logs) > 0 {
		what = fmt.Sprintf("file %q was cut short", filepath.Base(i.logs[len(i.logs)-1].path))
	}
	return fmt.Errorf("%w: transactions were acknowledged up to number %d, and number %d is the last one there: %s",
		store.ErrDamaged, i.Acknowledged, last, what)
}

// lost reports a manifest that has lost a whole table, which holds the transaction.
func (i *inspection) lost(version uint64) error {
	tables, err := filepath.Glob(i.path("*.sst"))
	if err != nil {
		return err
	}
	for _, path := range tables {
		id, ok := table.ParseFileID(path)
		if _, named := i.tables[id]; ok && !named && i.mayHold(path, version) {
			return damaged(i.path(badger.ManifestFilename), "has lost table %q", filepath.Base(path))
		}
	}
	return nil
}

// mayHold reports whether a table is whole, and may hold a transaction. Which key an encrypted one has, only the
// manifest knows.
func (i *inspection) mayHold(path string, version uint64) bool {
	if len(i.keys) == 0 {
		newest, err := i.checkTable(path, badger.TableManifest{})
		return err == nil && newest >= version
	}
	s, err := openSheaf(path)
	if err != nil {
		return false
	}
	defer func() { _ = s.file.Close() }()
	_, _, err = s.index()
	return err == nil
}
