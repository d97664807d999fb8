package badger

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// crashPath tells the test binary that it is the child that is to be killed.
const crashPath = "HOOKBRIDGE_CRASH_STATE"

// crashItems is the size of each of the child's commits: commit n puts these items with revision n, an event
// for each, and a memory with sequence n.
const crashItems = 20

// P1, R1: a process is killed while it commits. Every commit it was told of is there, and none is half there.
func TestAKilledProcessLosesNoCommitAndLeavesNoneHalf(t *testing.T) {
	if path := os.Getenv(crashPath); path != "" {
		commitUntilKilled(t, path)
		return
	}
	path, told := newPath(t), 0
	for range 8 {
		told = max(told, runAndKill(t, path))
		checkAfterKill(t, path, told)
	}
	if told == 0 {
		t.Fatal("no commit was made before a kill")
	}
}

// runAndKill returns the last commit that the child has told of.
func runAndKill(t *testing.T, path string) (last int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), crashPath+"="+path)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	lines := bufio.NewScanner(out)
	var deadline <-chan time.Time
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			rest, _ := io.ReadAll(out)
			t.Fatalf("the child said %q %s", lines.Text(), rest)
		}
		last = n
		if deadline == nil {
			deadline = time.After(time.Duration(rand.IntN(120)) * time.Millisecond)
			go func() {
				<-deadline
				_ = child.Process.Kill()
			}()
		}
	}
	_ = child.Wait()
	return last
}

func commitUntilKilled(t *testing.T, path string) {
	s := mustOpen(t, path)
	m, err := s.Memory(t.Context(), "orders")
	must(t, err)
	for n := m.Sequence + 1; ; n++ {
		c := store.Commit{Source: "orders", Memory: &store.Memory{Sequence: n}}
		for i := range crashItems {
			p := putOf(byte(i), bodyOf(900, byte(n)))
			p.Entry.Revision = n
			if i == 0 && n%5 == 0 {
				p.Body = bodyOf(1<<20, byte(n))
			}
			c.Put = append(c.Put, p)
			c.Append = append(c.Append, appendOf(fmt.Sprintf("e%d-%d", n, i), "hook", byte(i+1)))
		}
		mustCommit(t, s, c)
		fmt.Println(n)
	}
}

func checkAfterKill(t *testing.T, path string, told int) {
	t.Helper()
	s := mustOpen(t, path)
	defer func() { must(t, s.Close()) }()
	m, err := s.Memory(t.Context(), "orders")
	must(t, err)
	if int(m.Sequence) < told {
		t.Fatalf("commit %d was acknowledged, and the last one there is %d", told, m.Sequence)
	}
	items := 0
	for e, err := range s.Entries(t.Context(), "orders") {
		must(t, err)
		isEqual(t, "revision", e.Revision, m.Sequence)
		checkBody(t, s, e)
		items++
	}
	isEqual(t, "items", items, crashItems)
	isEqual(t, "events", rowsOf(t, s, kindEvent), int(m.Sequence)*crashItems)
	isEqual(t, "ready", rowsOf(t, s, kindReady), crashItems)
	counts, err := s.Queue(t.Context())
	must(t, err)
	isEqual(t, "pending", counts["hook"].Pending, int(m.Sequence)*crashItems)
}

func checkBody(t *testing.T, s *Store, e store.Entry) {
	t.Helper()
	got, err := s.Stored(t.Context(), "orders", e)
	must(t, err)
	isEqual(t, "body of the same commit", string(got.Body[:9]), string(bodyOf(9, byte(e.Revision))))
}
