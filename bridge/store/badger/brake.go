package badger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A brake keeps Badger from writing tables where it could not end well. Badger copies a table into memory that is mapped
// to a new file: without room on the disk that kills the process. And where it cannot make that file, for want of a
// file descriptor or an inode, it goes on without the table, and removes those that it was made of (levels.go,
// subcompact: the error is not the one that is handed on). There is no place for asking leave but its log, which it
// writes to right before each table that compacting makes, from the goroutine that waits for it.
//
// A table of a memtable is made when that is full, and a new memtable, without whose file Badger dies as well. The brake
// counts what goes into it, so that no memtable is filled where there is less room than it takes to write the table
// while others fill the disk.
type brake struct {
	space  *space
	dir    string
	filled atomic.Int64 // bytes in the memtable, rather too many
	passed atomic.Int64 // tables
	heard  func()       // called before each of them; nil: nobody wants to know
	ended  chan struct{}
	once   sync.Once

	mutex sync.Mutex
	found time.Time // when a file could last be made
}

// fileProbe is made and removed to see whether a file can be made.
const fileProbe = "PROBE"

const (
	tableSpace  = leastSpace + 4*memtableSize // must be free before a table is written
	spareFiles  = 32                          // so many file descriptors as well
	almostFull  = memtableSize * 3 / 4        // a memtable with so much in it may be the next table
	rowInMemory = 160                         // what a row takes in a memtable beside its key and value, at most
	brakeLooks  = 50 * time.Millisecond
	filesFor    = 10 * time.Millisecond // how long it holds that a file can be made: looking takes 34 calls of the system
)

var errFiles = errors.New("no file can be made beside the state: raise the limit of open files, or look after the disk")

func newBrake(s *space, dir string) *brake {
	return &brake{space: s, dir: dir, ended: make(chan struct{})}
}

// heed hears what Badger says before it does it.
func (b *brake) heed(format string) {
	switch {
	case strings.HasPrefix(format, "[%d] LOG Compact. Added"):
		b.wait()
	case strings.HasPrefix(format, "Flushing memtable, mt.size"):
		b.filled.Store(0)
	}
}

// wait returns when a table can be written.
func (b *brake) wait() {
	b.passed.Add(1)
	if b.heard != nil {
		b.heard()
	}
	if b.fits() {
		return
	}
	ticker := time.NewTicker(brakeLooks)
	defer ticker.Stop()
	for !b.fits() {
		select {
		case <-b.ended:
			return
		case <-ticker.C:
		}
	}
}

func (b *brake) fits() bool {
	return b.space.check(tableSpace) == nil && b.makesFiles()
}

// hasFiles reports whether the process may open some more files, and make one, or could a moment ago.
func (b *brake) hasFiles() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	now := time.Now()
	if age := now.Sub(b.found); !b.found.IsZero() && age >= 0 && age < filesFor {
		return true
	}
	if !b.makesFiles() {
		return false
	}
	b.found = now
	return true
}

// makesFiles is hasFiles for now. Several may ask at a time.
func (b *brake) makesFiles() bool {
	probe := filepath.Join(b.dir, fileProbe)
	made, err := os.OpenFile(probe, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false
	}
	open := []*os.File{made}
	defer func() {
		for _, file := range open {
			_ = file.Close() // nothing was written
		}
	}()
	if err := os.Remove(probe); err != nil && !errors.Is(err, os.ErrNotExist) { // another may have been as quick
		return false
	}
	for range spareFiles {
		file, err := os.Open(b.dir)
		if err != nil {
			return false
		}
		open = append(open, file)
	}
	return true
}

// fill counts what a batch adds to the memtable.
func (b *brake) fill(batch *batch) {
	b.filled.Add(int64(batch.size + batch.count*rowInMemory))
}

// ending reports whether the memtable may be full with the next batch.
func (b *brake) ending() bool { return b.filled.Load() > almostFull }

// release lets everything through that waits: the database closes, for which there is room.
func (b *brake) release() { b.once.Do(func() { close(b.ended) }) }
