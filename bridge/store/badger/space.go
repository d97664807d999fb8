package badger

import (
	"fmt"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"golang.org/x/sys/unix"
)

// Badger maps files that are larger than what is written to them: on a full disk a write to memory kills the
// process, and the next start as well. So space is watched, and writes are refused in time. Recording outcomes goes
// on longer than the rest: it is what lets the queue shrink. What must be free then is what Badger may still write of
// what it has taken, which is the memtables, and compacting them with the levels below: two of these at a time, of up
// to level0Stall tables of a memtable's size with as much of the level below, and some smaller ones. More than twice of
// that leaves time to stop while somebody else fills the disk.
const (
	leastSpace  = (memtables+1)*memtableSize + 2*level0Stall*memtableSize + 8<<20
	enoughSpace = 2*leastSpace + 8*memtableSize
	closeSpace  = 2 * (memtables + 1) * memtableSize // what a memtable takes that is written when the state closes
)

// spaceFor is how long an answer of the system holds.
const spaceFor = 2 * time.Millisecond

// space tells whether the disk has room.
type space struct {
	path  string
	free  func(string) (uint64, error)
	now   func() time.Time
	brake *brake

	mutex sync.Mutex
	asked time.Time
	last  uint64
}

func newSpace(o Options) *space {
	s := &space{path: o.Path, free: o.Free, now: o.Now}
	s.brake = newBrake(s, o.Path)
	return s
}

// forMuch refuses what polls find, and whatever else may be much.
func (s *space) forMuch() error {
	if s.brake.ending() && !s.brake.hasFiles() {
		return errFiles
	}
	return s.check(enoughSpace)
}

// forLittle refuses what is little, and lets the queue shrink: later, as long as it fits into the memtable.
func (s *space) forLittle() error {
	if s.brake.ending() {
		return s.forMuch()
	}
	return s.check(leastSpace)
}

// check returns a wrapped [store.ErrFull] where less than needed is free.
func (s *space) check(needed uint64) error {
	free, err := s.ask(s.now())
	if err != nil {
		return fmt.Errorf("measure free space of %q: %w", s.path, err)
	}
	if free < needed {
		return fmt.Errorf("%w: %d MiB are free for %q, and %d MiB are needed: make room there",
			store.ErrFull, free>>20, s.path, needed>>20)
	}
	return nil
}

func (s *space) ask(now time.Time) (uint64, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	age := now.Sub(s.asked)
	if !s.asked.IsZero() && age >= 0 && age < spaceFor {
		return s.last, nil
	}
	free, err := s.free(s.path)
	if err == nil {
		s.asked, s.last = now, free
	}
	return free, err
}

// Room returns a wrapped [store.ErrFull] where the disk has no room for what polls find. It asks the system at most
// every few milliseconds, and may be called at any time.
func (s *Store) Room() error { return s.space.forMuch() }

func freeBytes(path string) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
