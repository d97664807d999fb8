package badger

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// O7
func TestASecondOpenNamesTheHolder(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	_, err := Open(t.Context(), Options{Path: path})
	mustFail(t, err, store.ErrInUse)
	for _, part := range []string{path, fmt.Sprint("process ", os.Getpid())} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	must(t, s.Close())
	must(t, mustOpen(t, path).Close())
}

func TestTheStateIsClosedToOthers(t *testing.T) {
	path := newPath(t)
	must(t, mustOpen(t, path).Close())
	stat, err := os.Stat(path)
	must(t, err)
	isEqual(t, "mode", stat.Mode().Perm(), 0o700)
}

// O9
func TestAStateOfANewerVersionIsRefused(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	raw(t, s, row{[]byte(keySchema), binary.BigEndian.AppendUint32(nil, 7)})
	must(t, s.Close())
	_, err := Open(t.Context(), Options{Path: path})
	mustFail(t, err, store.ErrNewer)
	if !strings.Contains(err.Error(), "schema is 7, and this program knows those up to 4") {
		t.Errorf("%q does not name both versions", err)
	}
}

// R4: each of these would be an empty start, or a wrong one, if Badger were left alone with it.
func TestADirectoryThatIsNoStateOrADamagedOneIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, string){
		"holds something else": func(t *testing.T, path string) {
			must(t, os.RemoveAll(path))
			must(t, os.Mkdir(path, 0o700))
			must(t, os.WriteFile(filepath.Join(path, "letters.txt"), []byte("dear"), 0o600))
		},
		"has lost its manifest":    func(t *testing.T, path string) { must(t, os.Remove(filepath.Join(path, manifest))) },
		"has an empty manifest":    func(t *testing.T, path string) { must(t, os.Truncate(filepath.Join(path, manifest), 0)) },
		"has lost its tables":      func(t *testing.T, path string) { must(t, os.Remove(oneFile(t, path, "*.sst"))) },
		"has a truncated table":    func(t *testing.T, path string) { must(t, os.Truncate(oneFile(t, path, "*.sst"), 20)) },
		"has a flipped manifest":   func(t *testing.T, path string) { flip(t, filepath.Join(path, manifest), 12) },
		"has a truncated registry": func(t *testing.T, path string) { must(t, os.Truncate(filepath.Join(path, "KEYREGISTRY"), 3)) },
		"is a database of another": otherDatabase,
		"has lost its version's row": func(t *testing.T, path string) {
			s := mustOpen(t, path)
			must(t, s.db.Update(func(txn *badger.Txn) error { return txn.Delete([]byte(keySchema)) }))
			must(t, s.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := mustOpen(t, path)
			commitEvents(t, s, 0, "e1")
			must(t, s.Close())
			spoil(t, path)
			s, err := Open(t.Context(), Options{Path: path})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), path) {
				t.Errorf("%q does not name the directory", err)
			}
		})
	}
}

func oneFile(t *testing.T, path, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(path, pattern))
	must(t, err)
	if len(found) == 0 {
		t.Fatalf("no %s in %s", pattern, path)
	}
	return found[0]
}

func flip(t *testing.T, file string, at int) {
	t.Helper()
	content, err := os.ReadFile(file)
	must(t, err)
	content[at] ^= 0x10
	must(t, os.WriteFile(file, content, 0o600))
}

func otherDatabase(t *testing.T, path string) {
	must(t, os.RemoveAll(path))
	db, err := badger.Open(badger.DefaultOptions(path).WithLogger(nil))
	must(t, err)
	must(t, db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("a"), []byte("b")) }))
	must(t, db.Close())
}

func TestAStartThatWasKilledBeforeTheStateWasCompleteIsMadeAgain(t *testing.T) {
	path := newPath(t)
	dir, err := hold(path)
	must(t, err)
	db, err := openBadger(newStore(dir, Options{Path: path}.withDefaults()).options())
	must(t, err)
	must(t, db.Close())
	must(t, dir.release())
	s := mustOpen(t, path)
	epoch := s.Epoch()
	must(t, s.Close())
	s = mustOpen(t, path)
	isEqual(t, "epoch", s.Epoch(), epoch)
	must(t, s.Close())
	if _, err := os.Stat(filepath.Join(path, fileFresh)); !os.IsNotExist(err) {
		t.Errorf("the marker of a fresh state stayed: %v", err)
	}
}

func TestALogThatAKillHasLeftEmptyIsNoDamage(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	commitEvents(t, s, 0, "e1")
	must(t, s.Close())
	for _, name := range []string{"00000.mem", "00099.mem", "000000.vlog", "000099.vlog"} {
		must(t, os.WriteFile(filepath.Join(path, name), nil, 0o600))
	}
	s = mustOpen(t, path)
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	must(t, s.Close())
}

func TestATableThatAKillHasLeftHalfWrittenIsNoDamage(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	commitEvents(t, s, 0, "e1")
	must(t, s.Close())
	must(t, os.WriteFile(filepath.Join(path, "000099.sst"), []byte("half"), 0o600))
	s = mustOpen(t, path)
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	must(t, s.Close())
}

// R3
func TestAlmostFullDisk(t *testing.T) {
	free := uint64(enoughSpace)
	o := Options{Path: newPath(t), Free: func(string) (uint64, error) { return free, nil }}
	now := time.Now()
	o.Now = func() time.Time { return now }
	s, err := Open(t.Context(), o)
	must(t, err)
	commitEvents(t, s, 0, "e1", "e2")
	claimed := claimAll(t, s)
	free = enoughSpace - 1
	commitEvents(t, s, 0, "asked at most once in a while")
	now = now.Add(time.Second)
	err = s.Commit(t.Context(), store.Commit{Source: "orders"})
	mustFail(t, err, store.ErrFull)
	if !strings.Contains(err.Error(), "415 MiB are free") || !strings.Contains(err.Error(), "416 MiB are needed") {
		t.Errorf("%q does not say what is free and what is needed", err)
	}
	_, err = s.Redeliver(t.Context(), []string{"e1"}, "hook", nil)
	mustFail(t, err, store.ErrFull)
	settleAs(t, s, store.Done, claimed[0])
	free, now = leastSpace-1, now.Add(time.Second)
	mustFail(t, s.Settle(t.Context(), nil), store.ErrFull)
	free, now = enoughSpace, now.Add(time.Second)
	settleAs(t, s, store.Done, claimed[1])
	must(t, s.Close())
	free = enoughSpace - 1
	_, err = Open(t.Context(), o)
	mustFail(t, err, store.ErrFull)
	free = enoughSpace
	s, err = Open(t.Context(), o)
	must(t, err)
	isEqual(t, "claimed after space returned", len(claimAll(t, s)), 1)
	must(t, s.Close())
}

func TestItLivesInABubbleOfFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, newPath(t))
		commitEvents(t, s, 1, "e1", "e2")
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		claimed := claimAll(t, s)
		isEqual(t, "claimed", len(claimed), 1)
		settleAs(t, s, store.Done, claimed...)
		isEqual(t, "claimed", len(claimAll(t, s)), 1)
		must(t, s.Close())
	})
}

func TestAClosedStoreRefusesEverything(t *testing.T) {
	s := mustOpen(t, newPath(t))
	commitEvents(t, s, 0, "e1")
	must(t, s.Close())
	must(t, s.Close())
	mustFail(t, s.Commit(t.Context(), store.Commit{Source: "orders"}), errClosed)
	_, _, err := s.Claim(t.Context(), "hook", time.Now(), 1)
	mustFail(t, err, errClosed)
	_, err = s.Memory(t.Context(), "orders")
	mustFail(t, err, errClosed)
	for _, err := range s.Events(t.Context(), store.Filter{}) {
		mustFail(t, err, errClosed)
	}
}
