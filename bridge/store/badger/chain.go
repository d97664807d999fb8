package badger

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/dgraph-io/badger/v4"
)

// A chain is the order of all transactions: each says which one was before it, by its version, in a row that all of
// them write. The version of the newest is kept in a file of its own as well, once its transaction is synced. A log or
// a table that has lost transactions, which Badger takes for one that a kill cut short, is thus told from one that
// was cut short (package inspect). The writer alone uses it.
type chain struct {
	db    *badger.DB
	last  uint64 // version of the newest transaction
	note  *acknowledged
	log   *slog.Logger
	mute  bool // that the note cannot be written has been said
	stale bool // last is not known: a commit failed, and may have come about
}

// link adds the row that makes a batch the next of the chain.
func (c *chain) link(b *batch) error {
	if c.stale {
		if err := c.find(); err != nil {
			return err
		}
	}
	key := []byte(keyLink)
	if err := b.txn.Set(key, sealUint(key, c.last)); err != nil {
		return fmt.Errorf("write link: %w", err)
	}
	return nil
}

// linked takes note of how the commit of a batch with a link went. What it notes is not synced: that costs as much as
// the commit itself, and all it would add is what inspect says remains.
func (c *chain) linked(err error) {
	if err == nil {
		err = c.find()
	}
	if c.stale = err != nil; c.stale {
		return
	}
	if err := c.note.write(c.last); err != nil && !c.mute {
		c.mute = true
		c.log.Warn("note which changes are on disk", "error", err)
	}
}

// find reads the version of the newest transaction.
func (c *chain) find() error {
	return c.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get([]byte(keyLink))
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read link: %w", err)
		}
		c.last, c.stale = item.Version(), false
		return nil
	})
}

// readLink is for package inspect.
func readLink(key, value []byte) (before uint64, linked bool, err error) {
	if string(key) != keyLink {
		return 0, false, nil
	}
	before, err = openUint(key, value)
	return before, true, err
}
