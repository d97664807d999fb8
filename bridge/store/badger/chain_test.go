package badger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// killedWith returns the path of a state as a kill would leave it after these commits.
func killedWith(t *testing.T, commits ...string) string {
	t.Helper()
	s := mustOpen(t, newPath(t))
	for _, id := range commits {
		commitEvents(t, s, 0, id)
	}
	f := &frozen{files: freeze(t, s.directory.path)}
	must(t, s.Close())
	return f.thaw(t)
}

func log(path string) string { return filepath.Join(path, "00001.mem") }

// logSize is how much of the log of such a state is in use.
func logSize(t *testing.T, path string) int64 {
	t.Helper()
	return int64(len(freeze(t, path)[filepath.Base(log(path))].used))
}

// R4: after a loss of power the last transaction may be half on disk, and what was noted of it may be older.
func TestWhatALossOfPowerLeavesHalfWrittenIsCutAndNothingElseIsLost(t *testing.T) {
	path := killedWith(t, "e1", "e2")
	size := logSize(t, path)
	before := logSize(t, killedWith(t, "e1"))
	older, err := os.ReadFile(filepath.Join(killedWith(t, "e1"), fileAcknowledged))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(path, fileAcknowledged), older, 0o600))
	patch(t, log(path), int((size+before)/2), make([]byte, 64))
	s := mustOpen(t, path)
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	commitEvents(t, s, 0, "e3")
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	must(t, s.Close())
	s = mustOpen(t, path)
	isEqual(t, "claimed", len(claimAll(t, s)), 2)
	must(t, s.Close())
}

// R4: the same in the last but one transaction is damage, because the last one was begun after its sync.
func TestATransactionThatIsSpoiltBeforeAWholeOneIsDamage(t *testing.T) {
	path := killedWith(t, "e1", "e2", "e3")
	first, second := logSize(t, killedWith(t, "e1")), logSize(t, killedWith(t, "e1", "e2"))
	must(t, os.Remove(filepath.Join(path, fileAcknowledged)))
	patch(t, log(path), int((first+second)/2), []byte{1, 2, 3})
	refuses(t, path, `file "00001.mem" is damaged`, "whole transactions follow")
}

// refuses fails the test unless the state is refused as damaged with these words.
func refuses(t *testing.T, path string, words ...string) {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err == nil {
		_ = s.Close()
		t.Fatal("it was opened")
	}
	mustFail(t, err, store.ErrDamaged)
	for _, word := range append(words, path) {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

// R4: a log that is missing among others leaves a hole, though the newest transaction is there.
func TestALogThatIsMissingBetweenOthersIsDamage(t *testing.T) {
	path := killedWith(t, "e1")
	s := mustOpen(t, path)
	commitEvents(t, s, 0, "e2")
	f := &frozen{files: freeze(t, path)}
	must(t, s.Close())
	for name := range f.files {
		if filepath.Ext(name) == ".sst" || name == "00001.mem" { // the log of e1, lost before a table was made of it
			delete(f.files, name)
		}
	}
	empty := freeze(t, killedWith(t))
	f.files[manifest] = empty[manifest]
	refuses(t, f.thaw(t), `file "00002.mem" goes on from transaction`)
}

// R4: without the note of what was acknowledged a state is opened all the same, and the note is made anew.
func TestAStateThatHasLostItsNoteOfTheLastTransactionGetsANewOne(t *testing.T) {
	path := killedWith(t, "e1")
	must(t, os.Remove(filepath.Join(path, fileAcknowledged)))
	s := mustOpen(t, path)
	isEqual(t, "claimed", len(claimAll(t, s)), 1)
	last := s.chain.last
	must(t, s.Close())
	noted, found, err := readNote(path)
	must(t, err)
	isEqual(t, "found", found, true)
	isEqual(t, "noted", noted, note{last, schema})
}

func TestEachOfTheTwoPlacesOfTheNoteDoesForTheOther(t *testing.T) {
	path := newPath(t)
	must(t, os.Mkdir(path, 0o700))
	a, err := openAcknowledged(path, note{3, schema})
	must(t, err)
	must(t, a.write(4))
	must(t, a.close(5))
	for place, want := range map[int]uint64{0: 5, noteStride: 4} {
		file := filepath.Join(path, fileAcknowledged)
		whole, err := os.ReadFile(file)
		must(t, err)
		patch(t, file, place+9, []byte{77})
		noted, _, err := readNote(path)
		must(t, err)
		isEqual(t, "noted", noted.version, want)
		must(t, os.WriteFile(file, whole, 0o600))
	}
	patch(t, filepath.Join(path, fileAcknowledged), 9, make([]byte, noteStride))
	_, _, err = readNote(path)
	mustFail(t, err, store.ErrDamaged)
}

// A commit that failed, and may have come about all the same, does not break the chain.
func TestACommitThatFailsLeavesTheChainWhole(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	commitEvents(t, s, 0, "e1")
	for _, comesAbout := range []bool{false, true} {
		s.commit = func(b *batch) error {
			if comesAbout {
				must(t, b.commit())
			}
			return errInjected
		}
		err := s.Commit(t.Context(), store.Commit{Source: "orders", Append: []store.Append{appendOf("e2", "hook", 0)}})
		mustFail(t, err, errInjected)
		s.commit = (*batch).commit
		commitEvents(t, s, 0, "e3")
	}
	f := &frozen{files: freeze(t, path)}
	sum := sumOf(t, s)
	must(t, s.Close())
	s = mustOpen(t, f.thaw(t))
	isEqual(t, "rows", sumOf(t, s), sum)
	must(t, s.Close())
}

// O9: a state whose files themselves are of a newer sort is told to be newer, and not to be damaged.
func TestAStateOfANewerSortOfFilesIsToldToBeNewer(t *testing.T) {
	path := killedWith(t, "e1")
	a, err := openAcknowledged(path, note{3, schema + 1})
	must(t, err)
	must(t, a.close(3))
	must(t, os.WriteFile(filepath.Join(path, manifest), []byte("of another sort"), 0o600))
	_, err = Open(t.Context(), Options{Path: path})
	mustFail(t, err, store.ErrNewer)
}
