package badger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Store is a [store.Store] in a directory of its own.
type Store struct {
	db        *badger.DB
	key       []byte
	directory *directory
	identity  identity
	log       *slog.Logger
	now       func() time.Time
	space     *space
	commit    func(*batch) error
	chain     chain // the writer's

	sources  *sources
	outbox   *outbox
	sequence sequence            // the writer's
	slots    *slots              // the writer's
	unpacked sync.Pool           // of *[]byte: sheaves that are read
	large    map[largeKey]uint64 // the writer's: blobs of snapshots
	orphans  []uint64            // blobs that a kill left behind, until clean
	floor    uint64              // the writer's: no event is lower

	writes  chan *write
	written sync.WaitGroup // the writer
	keeping sync.WaitGroup // housekeeping
	stop    context.CancelFunc

	mutex   sync.Mutex
	closed  bool
	left    bool // the database was left open
	readers sync.WaitGroup
}

var _ store.Store = (*Store)(nil)

// Open opens the state in a directory, and makes it where the directory is empty or not there. It fails
// with a wrapped [store.ErrInUse], [store.ErrNewer], [store.ErrFull], [store.ErrDamaged] or [store.ErrKey], and refuses
// a directory that holds anything else. Open waits for nothing but the disk; ctx bounds nothing that goes on after it returns.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	s, err := openStore(ctx, o)
	if errors.Is(err, store.ErrDamaged) && !errors.Is(err, errRestoring) {
		return nil, fmt.Errorf("open state %q: %w. Bring the file back, or restore a backup into another directory", o.Path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open state %q: %w", o.Path, err)
	}
	return s, nil
}

func openStore(ctx context.Context, o Options) (*Store, error) {
	dir, err := hold(o.Path)
	if err != nil {
		return nil, err
	}
	s := newStore(dir, o)
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	return s, nil
}

func newStore(dir *directory, o Options) *Store {
	return &Store{
		directory: dir, key: o.Key, log: o.Log, now: o.Now, space: newSpace(o), commit: (*batch).commit,
		sources: &sources{ids: map[string]uint32{}}, outbox: newOutbox(), large: map[largeKey]uint64{},
		writes: make(chan *write, maxGroup),
	}
}

// start opens the database, restores what memory holds of it, and begins to write.
func (s *Store) start(ctx context.Context) (err error) {
	if err := s.space.forMuch(); err != nil {
		return err
	}
	if err := s.openDatabase(ctx); err != nil {
		return err
	}
	if err := s.identify(); err != nil {
		return err
	}
	if err := s.db.View(func(txn *badger.Txn) error { return s.restore(view{txn}) }); err != nil {
		return err
	}
	s.written.Go(s.write)
	if err := errors.Join(s.clean(ctx), s.mendDue(ctx)); err != nil {
		s.finish()
		return err
	}
	s.keepHouse(context.WithoutCancel(ctx))
	return nil
}

// restore reads what memory holds.
func (s *Store) restore(v view) error {
	steps := []func(view) error{
		s.sequence.restore, s.restoreFloor, s.restoreNames, s.restoreQueues, s.restoreLarge,
	}
	for _, step := range steps {
		if err := step(v); err != nil {
			return err
		}
	}
	return nil
}

// enter lets a caller use the store until it calls s.readers.Done.
func (s *Store) enter() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return errClosed
	}
	s.readers.Add(1)
	return nil
}

// Close waits for calls under way, writes what was submitted, and closes the database. A second call does
// nothing.
func (s *Store) Close() error {
	if s.bar() {
		return nil
	}
	return s.release(s.shut())
}

// bar lets nobody in any more, and reports whether it was so already.
func (s *Store) bar() (barred bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	barred, s.closed = s.closed, true
	return barred
}

// shut closes a store whose start went well and that bars callers, but keeps its directory.
func (s *Store) shut() error {
	s.stop()
	s.readers.Wait()
	s.keeping.Wait()
	s.finish()
	return s.closeDatabase()
}

// finish ends the writer when it has written all.
func (s *Store) finish() {
	close(s.writes)
	s.written.Wait()
}

// abandon closes what is open of a store whose start failed.
func (s *Store) abandon() error { return s.release(s.closeDatabase()) }

// closeDatabase leaves a database open for which there is no room to be closed in: what is in its log stays there, as
// if the process had been killed, which ends soon.
func (s *Store) closeDatabase() (err error) {
	if s.db != nil {
		if full := s.space.check(closeSpace); full != nil {
			s.left = true
			s.log.Warn("the state is left as a kill leaves it: the next start reads its log", "reason", full)
		} else {
			s.space.brake.release()
			err = s.db.Close()
		}
	}
	if s.chain.note != nil {
		err = errors.Join(err, s.chain.note.close(s.chain.last))
	}
	return err
}

// release lets go of the directory after the database was closed.
func (s *Store) release(err error) error {
	if !s.left {
		err = errors.Join(err, s.directory.release())
	}
	if err != nil {
		return fmt.Errorf("close state: %w", err)
	}
	return nil
}

// Seed is described at [store.Sources].
func (s *Store) Seed() uint64 { return s.identity.seed }

// Epoch is described at [store.Sources].
func (s *Store) Epoch() string { return s.identity.epoch }
