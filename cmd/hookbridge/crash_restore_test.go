package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

// O8: a real daemon is backed up at a random moment, while it polls and delivers; it goes on for a while, and is lost
// with its machine. Of the backup a state is made on another, from which a daemon goes on, and is killed once more. It
// is held against the ledgers as any other: nothing that the first one had kept before the backup is missing, nothing is
// invented. What it found after the backup died with it, and is found again, as it is then, under ids that were never
// given. What had arrived before does not come again, but for what was in flight.
func TestARestoredDaemonLosesAndDoublesNothingThatItsBackupHeld(t *testing.T) {
	c := newCrash(t)
	stop := c.changing()
	c.begin()
	c.somePolls(40)
	early := c.beforeBackup()
	if err := c.backUp(); err != nil {
		t.Fatal(err)
	}
	c.somePolls(60)
	c.killed()
	c.lives.Wait()
	c.restore(early)
	c.begin()
	c.somePolls(40)
	c.killed()
	c.lives.Wait()
	stop()
	c.drain()
	c.check()
	c.doubled(early)
}

// somePolls waits for some listings, of whichever source.
func (c *crash) somePolls(most int) {
	c.Helper()
	for range most/2 + c.random.IntN(most/2) {
		liveNext(c, c.polled, "a poll")
	}
}

func (c *crash) backupFile() string { return filepath.Join(c.files, "it.backup") }

// backUp backs up the running daemon.
func (c *crash) backUp() error {
	_, err := c.say(c.Context(), "state", "backup", c.backupFile(), "--admin", "unix:"+filepath.Join(c.state(), "admin.sock"))
	return err
}

// backUpOver backs up a daemon that may be killed meanwhile. The file is a whole backup, whatever comes of it.
func (c *crash) backUpOver() {
	if err := c.backUp(); err != nil {
		select {
		case <-c.ended:
		case <-time.After(liveWait):
			c.Errorf("backup: %v", err)
		}
	}
	file, err := os.Open(c.backupFile())
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err == nil {
		_, _, err = backup.Copy(io.Discard, file)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		c.Errorf("a backup during which the daemon was perhaps killed: %v", err)
	}
}

// A crashEarly is what was known to have happened when a backup was begun.
type crashEarly struct {
	arrived map[string]map[string]bool // ids, by sink; true: taken, and answered
	kept    map[*crashListing]bool
}

func (c *crash) beforeBackup() crashEarly {
	early := crashEarly{map[string]map[string]bool{}, map[*crashListing]bool{}}
	for _, api := range c.apis {
		api.mu.Lock()
		for _, listing := range api.ledger {
			early.kept[listing] = listing.kept
		}
		api.mu.Unlock()
	}
	for _, r := range c.receivers {
		ids := map[string]bool{}
		for _, a := range r.record() {
			ids[a.id] = ids[a.id] || a.taken && !a.lost
		}
		early.arrived[r.name] = ids
	}
	return early
}

// A crashBranch is what a daemon did after its backup, and died with.
type crashBranch struct {
	life  int             // of the daemon that was lost; 0: there is none
	ids   map[string]bool // of what arrived of it, and is not in the backup
	lines map[string]int  // what the files held then, by path
}

// restore makes a state of the backup, on another machine.
func (c *crash) restore(early crashEarly) {
	c.Helper()
	dir, err := os.MkdirTemp("", "hookbridge-live-*")
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = os.RemoveAll(dir) })
	held := c.held()
	c.branchOff(held, early)
	c.dir = dir
	c.configure()
	c.command[len(c.command)-1] = c.config()
	if out, err := c.say(c.Context(), "state", "restore", c.backupFile()); err != nil {
		c.Fatalf("%v\n%s", err, out)
	}
	c.Logf("%d events are in the backup, and %d that arrived since are not", len(held), len(c.branch.ids))
}

// held returns the ids of the events in the backup. It looks at a state of its own.
func (c *crash) held() map[string]bool {
	c.Helper()
	file, err := os.Open(c.backupFile())
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	o := badger.Options{Path: filepath.Join(c.files, "look")}
	if _, _, err := badger.Restore(c.Context(), o, file, nil); err != nil {
		c.Fatal(err)
	}
	s, err := badger.Open(c.Context(), o)
	if err != nil {
		c.Fatal(err)
	}
	held := map[string]bool{}
	for r, err := range s.Events(c.Context(), store.Filter{}) {
		if err != nil {
			c.Fatal(err)
		}
		held[r.Event.ID] = true
	}
	if err := s.Close(); err != nil {
		c.Fatal(err)
	}
	return held
}

// branchOff notes what the restored daemon cannot know, and checks that it knows all that was known before.
func (c *crash) branchOff(held map[string]bool, early crashEarly) {
	c.Helper()
	arrived, lines := map[string]bool{}, map[string]int{}
	for _, path := range []string{c.audit(), c.ops()} {
		told := c.lines(path)
		lines[path] = len(told)
		for _, a := range told {
			arrived[a.id] = !held[a.id]
		}
	}
	for _, r := range c.receivers {
		for _, a := range r.record() {
			arrived[a.id] = !held[a.id]
		}
		for id := range early.arrived[r.name] {
			if !held[id] {
				c.Errorf("%s: event %s had arrived before the backup, and is not in it", r.name, id)
			}
		}
	}
	c.branch = crashBranch{c.life, arrived, lines}
	for _, api := range c.apis {
		for _, listing := range api.ledger {
			listing.kept = early.kept[listing]
		}
	}
}

// prune leaves out what died with a daemon, and checks that its ids are not given again.
func (b crashBranch) prune(t testing.TB, attempts []crashAttempt) []crashAttempt {
	attempts = slices.DeleteFunc(attempts, func(a crashAttempt) bool {
		if b.ids[a.id] && a.life > b.life {
			t.Errorf("event %s was found by a daemon that was lost after its backup, and its id is given again", a.id)
		}
		return b.ids[a.id]
	})
	at := slices.IndexFunc(attempts, func(a crashAttempt) bool { return a.life > b.life })
	if at >= 0 && b.life > 0 {
		attempts[at].anew = true
	}
	return attempts
}

// doubled checks that what was taken before the backup was begun did not come again after the restore, but for what was
// not yet acknowledged when the backup was taken.
func (c *crash) doubled(early crashEarly) {
	for _, r := range c.receivers {
		again := map[string]bool{}
		for _, a := range r.record() {
			if a.life > c.branch.life && early.arrived[r.name][a.id] {
				again[a.id] = true
			}
		}
		if len(again) > r.inFlight() {
			c.Errorf("%s: %d events had arrived before the backup, and came again, and %d could be in flight", r.name, len(again), r.inFlight())
		}
		c.Logf("receiver %s: %d events had arrived before the backup, of which %d came again", r.name, len(early.arrived[r.name]), len(again))
	}
}
