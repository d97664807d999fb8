// Package store says what is durable and how it is asked for: the records and the contract that every
// implementation fulfils, which bridge/store/storetest holds against them. It speaks of sources, commits,
// claims and settlements, never of keys and iterators, so that an embedded store and a shared SQL database
// can both stand behind it.
//
// The two halves of the program meet here and nowhere else: polling appends events to the outbox in the
// commit that moves the items' state, delivering claims them and settles them.
package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("not found")
	ErrInUse    = errors.New("state is in use") // wrapped with the holder's process id
	ErrNewer    = errors.New("state was written by a newer version")
	ErrFull     = errors.New("disk is almost full") // wrapped with what is free and what is needed
	ErrDamaged  = errors.New("state is damaged")    // wrapped with the file and what is wrong with it
	ErrOccupied = errors.New("directory is not empty")
	ErrKey      = errors.New("encryption key does not fit")
)

// Store is durable memory. All methods are safe for concurrent use. What a method has returned without
// error is synced to disk: it survives a kill and a loss of power.
type Store interface {
	Sources
	Outbox
	History
	Secrets
	Close() error
}

// Identity is what makes a state this one.
type Identity interface {
	// Seed keys every hash of this state. It is random, made once, and never changes.
	Seed() uint64

	// Epoch is part of every event id, so that a state restored from a backup never gives an id twice.
	Epoch() string
}

// Sources is what polling needs.
type Sources interface {
	Identity

	// Memory returns what is known of a source; the zero Memory where nothing is.
	Memory(ctx context.Context, source string) (Memory, error)

	// Entries yields the index of the source's items, in the order in which they were first put, more or less.
	// It reads one consistent state. An error ends the sequence.
	Entries(ctx context.Context, source string) iter.Seq2[Entry, error]

	// Stored returns the key and the last committed body of an item, of whose entry it wants the key and the
	// slot; ErrNotFound where there is none.
	Stored(ctx context.Context, source string, item Entry) (Snapshot, error)

	// Commit applies all of c or nothing. One commit should stay within ChunkItems, ChunkBytes and
	// ChunkDeliveries. An entry that is put or dropped has the slot that Entries told, and none where it is of
	// an item that is not known: to put one in the place of another is an error.
	Commit(ctx context.Context, c Commit) error

	// Remember writes what is known of several sources, apart from any items.
	Remember(ctx context.Context, all map[string]Memory) error

	// Known lists every source that has a memory, by name.
	Known(ctx context.Context) (map[string]Memory, error)

	// Rename gives all that is kept of a source, but its events, to another name. It is ErrNotFound where
	// nothing is kept of from, and an error where something is kept of to.
	Rename(ctx context.Context, from, to string) error

	// Forget drops all that is kept of a source but its events.
	Forget(ctx context.Context, source string) error
}

// Outbox is what delivering needs. A delivery is one event on its way to one sink.
//
// When a delivery is due is told by the clock on the wall, which may have been set back before a state is opened.
// Then no delivery is due later than the whole wait that it was given from now on, and one that was given none is
// due at once: nothing waits for a clock that was wrong.
type Outbox interface {
	Identity

	// Claim leases up to limit deliveries to the caller that are due at now, in the order in which they
	// became due: no delivery is claimed twice until it is settled or released, and none while an earlier
	// one of the same Order is pending. Next is when the next one falls due, zero where none is waiting.
	// A claim does not outlive the process.
	Claim(ctx context.Context, sink string, now time.Time, limit int) (claimed []Delivery, next time.Time, err error)

	// Release gives claimed deliveries back as they were.
	Release(ctx context.Context, claimed []Delivery) error

	// Bind makes claimed deliveries one batch, which leaves in one attempt: from now on each bears the batch,
	// and all are due at the same instant. They stay claimed, and stay bound over restarts until they are
	// settled or redelivered. All are bound or none.
	Bind(ctx context.Context, claimed []Delivery, batch Batch, due time.Time) error

	// Settle records the outcomes of attempts, all or none. A delivery that is Done, Buried or Dropped lets
	// the next one of its Order go.
	Settle(ctx context.Context, settled []Settlement) error

	// Standing returns where a sink stands, the zero Standing where nothing is kept of it.
	Standing(ctx context.Context, sink string) (Standing, error)

	// Stand records where a sink stands, and appends the events that tell of it.
	Stand(ctx context.Context, sink string, now Standing, news []Append) error

	// Ready is sent to when something new may be due for the sink. Signals may be merged, and losing one
	// does no harm to a caller that also looks from time to time.
	Ready(sink string) <-chan struct{}
}

// History is what operators ask for.
type History interface {
	// Events yields recorded events, newest first.
	Events(ctx context.Context, f Filter) iter.Seq2[Record, error]

	// Event returns one event with its deliveries, ErrNotFound where there is none.
	Event(ctx context.Context, id string) (Record, error)

	// Redeliver makes settled deliveries of the events to the sink pending again, due at once, with a full
	// count of attempts ahead. An event that was never meant for the sink gets a new delivery to it, of the
	// Order that order gives for it. Deliveries become due in the order of ids. Those that are pending
	// already are left alone. It returns how many it made pending; an id that is not recorded (any more) is
	// passed over.
	Redeliver(ctx context.Context, ids []string, sink string, order func(bridge.Event) Hash) (int, error)

	// Drop settles dead letters as Dropped.
	Drop(ctx context.Context, id, sink string) error

	// Queue counts what is in the outbox and among the dead letters, by sink.
	Queue(ctx context.Context) (map[string]Queue, error)

	// Sweep removes events, with their deliveries, that are older than before and have no delivery that is
	// pending or buried. It returns how many it removed.
	Sweep(ctx context.Context, before time.Time) (int, error)
}

// Secrets are small values that credentials live on and that no configuration holds, each under a name. They
// never appear in a log or an error.
type Secrets interface {
	// Secret returns what is kept under a name, nil where nothing is.
	Secret(ctx context.Context, name string) ([]byte, error)

	// KeepSecret keeps a value, of up to MaxSecret bytes, in the place of the one before; nil forgets it.
	KeepSecret(ctx context.Context, name string, value []byte) error
}

// MaxSecret bounds the size of a secret.
const MaxSecret = 64 << 10

// Bounds of one commit: a caller with more to write splits it into chunks of whole items. An item that is
// larger than ChunkBytes goes alone.
const (
	ChunkItems      = 500
	ChunkBytes      = 512 << 10
	ChunkDeliveries = 1000
)
