package badger

import (
	"fmt"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"golang.org/x/sys/unix"
)

// Badger maps files that are larger than what is written to them: on a full disk a write to memory kills the
// process, and the next start as well. So space is watched, and writes are refused in time. Enough is twice
// the memtables with the one being filled, and a value-log file, which is laid out at twice its size.
// Recording outcomes goes on to half of it: it is what lets the queue shrink.
const (
	enoughSpace = 2*(memtables+1)*memtableSize + 2*valueFileSize
	leastSpace  = enoughSpace / 2
)

// space tells whether the disk has room, and asks it at most once a second.
type space struct {
	path          string
	free          func(string) (uint64, error)
	enough, least uint64

	mutex sync.Mutex
	asked time.Time
	last  uint64
}

func newSpace(path string, free func(string) (uint64, error)) *space {
	return &space{path: path, free: free, enough: enoughSpace, least: leastSpace}
}

// check returns a wrapped [store.ErrFull] where less than needed is free.
func (s *space) check(now time.Time, needed uint64) error {
	free, err := s.ask(now)
	if err != nil {
		return fmt.Errorf("measure free space of %q: %w", s.path, err)
	}
	if free < needed {
		return fmt.Errorf("%w: %d MiB are free for %q, %d MiB are needed",
			store.ErrFull, free>>20, s.path, needed>>20)
	}
	return nil
}

func (s *space) ask(now time.Time) (uint64, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	age := now.Sub(s.asked)
	if !s.asked.IsZero() && age >= 0 && age < time.Second {
		return s.last, nil
	}
	free, err := s.free(s.path)
	if err == nil {
		s.asked, s.last = now, free
	}
	return free, err
}

func freeBytes(path string) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
