package badger

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"golang.org/x/sys/unix"
)

// The brake hears of tables and memtables by the words of Badger's log: they are still these.
func TestTheBrakeHearsOfEachTableThatIsCompactedAndOfEachMemtable(t *testing.T) {
	s := mustOpen(t, newPath(t))
	filled := false
	for n := 0; s.space.brake.passed.Load() == 0; n++ {
		if n > 400 {
			t.Fatal("nothing was heard of compacting")
		}
		before := s.space.brake.filled.Load()
		must(t, s.Commit(t.Context(), chunkOf(n, 500)))
		filled = filled || s.space.brake.filled.Load() < before
	}
	isEqual(t, "a memtable was told of", filled, true)
	must(t, s.Close())
}

// R3: a table waits for its room, and for the end of the store.
func TestTheBrakeWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var free atomic.Uint64
		o := Options{Path: t.TempDir(), Free: func(string) (uint64, error) { return free.Load(), nil }}.withDefaults()
		b := newSpace(o).brake
		done := make(chan struct{}, 2)
		wait := func() { b.wait(); done <- struct{}{} }
		go wait()
		time.Sleep(time.Hour)
		isEqual(t, "gone on", len(done), 0)
		free.Store(tableSpace)
		time.Sleep(brakeLooks)
		synctest.Wait()
		isEqual(t, "gone on with room", len(done), 1)
		free.Store(0)
		time.Sleep(time.Second)
		go wait()
		time.Sleep(time.Second)
		isEqual(t, "gone on without room", len(done), 1)
		b.release()
		synctest.Wait()
		isEqual(t, "gone on at the end", len(done), 2)
	})
}

// R3: outcomes are recorded where there is little room, as long as they fit into the memtable.
func TestLittleGoesOnLongerUntilTheMemtableIsFull(t *testing.T) {
	free, now := uint64(enoughSpace), time.Now()
	s := mustOpenWith(t, Options{
		Path: newPath(t), Now: func() time.Time { return now }, Free: func(string) (uint64, error) { return free, nil },
	})
	commitEvents(t, s, 0, "e1", "e2")
	claimed := claimAll(t, s)
	free, now = leastSpace, now.Add(time.Second)
	settleAs(t, s, store.Done, claimed[0])
	s.space.brake.filled.Store(almostFull + 1)
	now = now.Add(time.Second)
	mustFail(t, s.Settle(t.Context(), []store.Settlement{{Delivery: claimed[1], State: store.Done}}), store.ErrFull)
	free, now = enoughSpace, now.Add(time.Second)
	settleAs(t, s, store.Done, claimed[1])
	must(t, s.Close())
}

// Many may ask at a time whether there are files.
func TestTheBrakeIsAskedByManyAtATime(t *testing.T) {
	b := newSpace(Options{Path: t.TempDir()}.withDefaults()).brake
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 200 {
				if !b.hasFiles() {
					t.Error("there are files")
					return
				}
			}
		})
	}
	asking.Wait()
}

// That files can be made is believed for a moment, and no longer.
func TestThatAFileCanBeMadeHoldsForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSpace(Options{Path: t.TempDir()}.withDefaults()).brake
		isEqual(t, "at first", b.hasFiles(), true)
		b.dir = "a directory that cannot be opened"
		isEqual(t, "a moment later", b.hasFiles(), true)
		time.Sleep(filesFor)
		isEqual(t, "then", b.hasFiles(), false)
		isEqual(t, "and that it cannot is asked again at once", b.hasFiles(), false)
	})
}

// filesMode tells the test binary that it is the one that runs out of file descriptors.
const filesMode = "HOOKBRIDGE_FEW_FILES"

// Badger goes on without a table that it cannot make a file for, and removes those that it was made of. A process that
// has no file descriptors left must not come to that: its commits may fail, and what it has taken stays.
func TestAProcessWithoutFileDescriptorsLosesNothing(t *testing.T) {
	if path := os.Getenv(filesMode); path != "" {
		commitWithFewFiles(t, path)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), filesMode+"="+newPath(t))
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// commitWithFewFiles takes all descriptors away before some of the tables that compacting makes.
func commitWithFewFiles(t *testing.T, path string) {
	s := mustOpen(t, path)
	tables := make(chan chan struct{})
	s.space.brake.heard = func() {
		goOn := make(chan struct{})
		tables <- goOn
		<-goOn
	}
	commits := 0
	for starved := 0; starved < 8; commits++ {
		committed := make(chan error, 1)
		go func() { committed <- s.Commit(t.Context(), chunkOf(commits, 900)) }()
		starved += starveBetween(t, tables, committed)
	}
	go func() {
		for goOn := range tables {
			close(goOn)
		}
	}()
	must(t, s.Close())
	s = mustOpen(t, path)
	there := map[store.Hash]bool{}
	for e, err := range s.Entries(t.Context(), "orders") {
		must(t, err)
		_, err = s.Stored(t.Context(), "orders", e)
		there[e.Key] = err == nil
	}
	for n := range commits {
		for _, p := range chunkOf(n, 900).Put {
			isEqual(t, fmt.Sprint("item of commit ", n, " is there"), there[p.Entry.Key], true)
		}
	}
	must(t, s.Close())
}

// Where the memtable may be full nothing is written without descriptors for the next one: Badger would die of it.
func TestNothingIsWrittenIntoAFullMemtableWithoutFileDescriptors(t *testing.T) {
	s := mustOpen(t, newPath(t))
	s.space.brake.dir = "a directory that cannot be opened"
	commitEvents(t, s, 0, "e1")
	s.space.brake.filled.Store(almostFull + 1)
	err := s.Commit(t.Context(), store.Commit{Source: "orders", Append: []store.Append{appendOf("e2", "hook", 0)}})
	mustFail(t, err, errFiles)
	must(t, s.Close())
}

// starveBetween returns when the commit has ended, and how many tables had to wait for descriptors since: those that
// came to be made during the commit, if that ended without them.
func starveBetween(t *testing.T, tables <-chan chan struct{}, committed <-chan error) (starved int) {
	t.Helper()
	for {
		select {
		case err := <-committed:
			must(t, err)
			return starved
		case goOn := <-tables:
			select {
			case err := <-committed:
				must(t, err)
				starve(t, goOn)
				return starved + 1
			case <-time.After(2 * brakeLooks): // the commit waits for the table
				close(goOn)
			}
		}
	}
}

// starve leaves too few descriptors for a table to be begun, and enough for one that was; then none, while the table
// that waits is let go on to look for them; and then gives them back.
func starve(t *testing.T, goOn chan<- struct{}) {
	t.Helper()
	limitFiles(t, nextFile(t)+spareFiles/2)
	<-time.After(2 * brakeLooks)
	limitFiles(t, nextFile(t))
	close(goOn)
	<-time.After(2 * brakeLooks)
	limitFiles(t, 1000)
}

func limitFiles(t *testing.T, most int) {
	t.Helper()
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	limit.Cur = uint64(most)
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
}

// nextFile returns the descriptor that the next file gets: with it as the limit there is none.
func nextFile(t *testing.T) int {
	t.Helper()
	fd, err := unix.Open(os.DevNull, unix.O_RDONLY, 0)
	must(t, err)
	must(t, unix.Close(fd))
	return fd
}
