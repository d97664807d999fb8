package badger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

var (
	errAlone    = errors.New("write needs a transaction of its own")
	errTooLarge = errors.New("commit is too large for one transaction")
)

// rowOverhead is what Badger adds to the size of a row in a transaction, and a little more.
const rowOverhead = 24

// A batch is the transaction of a group of writes. A write that is being tried keeps its rows apart until it
// is known to fit, so that nothing half-applied enters the transaction.
type batch struct {
	txn    *badger.Txn
	limits limits

	// of the writes that joined
	joined  int
	sealed  bool // the last of them wants no others after it
	size    int
	count   int
	waiting map[string]bool // prefixes of rows w that changed
	effects []func()

	// of the write that is being tried
	rows    []row
	single  bool           // it joins no others, and no others join it
	own     map[string]int // from keys that apply may read again to rows
	turns   []int          // rows w among them
	pending []func()

	scan     *badger.Txn // what seek reads, opened when first needed
	iterator *badger.Iterator
	begin    func() *badger.Txn
}

// limits are what one transaction takes.
type limits struct{ size, count int }

func limitsOf(db *badger.DB) limits {
	return limits{size: int(db.MaxBatchSize()) * 15 / 16, count: int(db.MaxBatchCount()) * 15 / 16}
}

func newBatch(db *badger.DB) *batch {
	return &batch{
		txn:     db.NewTransaction(true),
		limits:  limitsOf(db),
		waiting: map[string]bool{},
		own:     map[string]int{},
		begin:   func() *badger.Txn { return db.NewTransaction(false) },
	}
}

// try lets a write join. An error leaves the batch as it was; errAlone asks to try again in an empty one.
func (b *batch) try(apply func(*batch) error) error {
	if b.sealed {
		return errAlone
	}
	b.rows, b.turns, b.pending, b.single = b.rows[:0], b.turns[:0], nil, false
	clear(b.own)
	if err := apply(b); err != nil {
		return err
	}
	size, count := b.size+sizeOf(b.rows), b.count+len(b.rows)
	if size > b.limits.size || count > b.limits.count {
		if b.joined == 0 {
			return fmt.Errorf("%d rows of %d bytes: %w", count, size, errTooLarge)
		}
		return errAlone
	}
	b.size, b.count = size, count
	return b.join()
}

func (b *batch) join() error {
	b.joined++
	b.sealed = b.single
	b.effects = append(b.effects, b.pending...)
	for _, r := range b.rows {
		if r.key[0] == kindWaiting {
			b.waiting[string(r.key[:orderKeySize])] = true
		}
		if err := b.write(r); err != nil {
			return fmt.Errorf("write row: %w", err)
		}
	}
	return nil
}

const orderKeySize = 1 + 4 + 16

func (b *batch) write(r row) error {
	if r.value == nil {
		return b.txn.Delete(r.key)
	}
	return b.txn.Set(r.key, r.value)
}

func sizeOf(rows []row) (size int) {
	for _, r := range rows {
		size += len(r.key) + len(r.value) + rowOverhead
	}
	return size
}

// first reports whether no other write joined, so that what is on disk is all there is.
func (b *batch) first() bool { return b.joined == 0 }

// alone makes the write the only one of its batch: what it finds in the memory of the writer, or by walking
// over rows on disk, is then what it builds on.
func (b *batch) alone() error {
	if !b.first() {
		return errAlone
	}
	b.single = true
	return nil
}

// get reads a row as the writes so far leave it.
func (b *batch) get(key []byte) ([]byte, error) {
	if at, ok := b.own[string(key)]; ok {
		return b.rows[at].value, nil
	}
	return valueOf(b.txn, key)
}

// set writes a row that get and seek are to see.
func (b *batch) set(key, value []byte) {
	b.own[string(key)] = len(b.rows)
	if key[0] == kindWaiting {
		b.turns = append(b.turns, len(b.rows))
	}
	b.rows = append(b.rows, row{key, value})
}

func (b *batch) delete(key []byte) { b.set(key, nil) }

// put writes rows that nothing reads in the same batch.
func (b *batch) put(rows ...row) { b.rows = append(b.rows, rows...) }

// after runs effect when the batch has been synced to disk.
func (b *batch) after(effect func()) { b.pending = append(b.pending, effect) }

// seek returns the first waiting row of an order from a key on, nil where there is none.
func (b *batch) seek(prefix, from []byte) ([]byte, error) {
	if b.waiting[string(prefix)] {
		return nil, errAlone
	}
	found := b.stored(prefix, from)
	for _, at := range b.turns {
		r := b.rows[at]
		if b.own[string(r.key)] == at && r.value != nil && bytes.HasPrefix(r.key, prefix) &&
			bytes.Compare(r.key, from) >= 0 && (found == nil || bytes.Compare(r.key, found) < 0) {
			found = r.key
		}
	}
	return found, nil
}

// stored is seek without the rows of the write itself, but for those it deletes.
func (b *batch) stored(prefix, from []byte) []byte {
	if b.iterator == nil {
		b.scan = b.begin()
		b.iterator = b.scan.NewIterator(badger.IteratorOptions{Prefix: []byte{kindWaiting}})
	}
	for b.iterator.Seek(from); b.iterator.ValidForPrefix(prefix); b.iterator.Next() {
		key := b.iterator.Item().Key()
		if at, ok := b.own[string(key)]; !ok || b.rows[at].value != nil {
			return bytes.Clone(key)
		}
	}
	return nil
}

// commit syncs the batch to disk, then runs the effects.
func (b *batch) commit() error {
	crashpoint.Here(crashpoint.StoreCommit)
	if err := b.txn.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	crashpoint.Here(crashpoint.StoreCommitted)
	for _, effect := range b.effects {
		effect()
	}
	return nil
}

func (b *batch) discard() {
	if b.iterator != nil {
		b.iterator.Close()
		b.scan.Discard()
	}
	b.txn.Discard()
}
