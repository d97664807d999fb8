//go:build linux

package measure

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTheProcessorTimeOfAProcessIsWhatItUsed(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	burnt := burn(t, 50*time.Millisecond)
	after, err := CPU(os.Getpid())
	if used := after - before; err != nil || used < burnt || used > burnt+5*time.Second {
		t.Errorf("%s of %s were told (%v)", used, burnt, err)
	}
}

// burn uses processor time, however long the machine takes to give it, and returns how much it was by another
// account than the one that is tested.
func burn(t *testing.T, least time.Duration) time.Duration {
	t.Helper()
	used := func() time.Duration {
		var usage unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
			t.Fatal(err)
		}
		return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	before := used()
	for used()-before < least {
	}
	return least
}

func TestACostHasAllThatTheWorkUsed(t *testing.T) {
	var burnt time.Duration
	cost, err := Cost(t.Context(), os.Getpid(), func() error {
		burnt = burn(t, 50*time.Millisecond)
		return nil
	})
	if err != nil || cost < burnt {
		t.Errorf("%s of %s, %v", cost, burnt, err)
	}
}

func TestASamplerSeesMemoryThatIsGoneAgain(t *testing.T) {
	debug.FreeOSMemory() // what another test had is not to be given again
	was, err := MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	sampler := Sample(t.Context(), os.Getpid())
	held := make([]byte, 64<<20)
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	if err := Wait(t.Context(), 5*SampleEvery); err != nil {
		t.Fatal(err)
	}
	if peak := sampler.Peak(); peak < was.Anonymous+48<<20 || held[0] != 1 {
		t.Errorf("it saw %d, and %d before", peak, was.Anonymous)
	}
}

func TestOnlyTheFirstHalfOfASyncThatWasInterruptedCounts(t *testing.T) {
	log := filepath.Join(t.TempDir(), "trace")
	err := os.WriteFile(log, []byte(`101 1764000000.000100 fdatasync(7) = 0
102 1764000000.000200 msync(0x7f00, 4096, MS_SYNC <unfinished ...>
101 1764000000.000250 fsync(9) = 0
102 1764000000.000300 <... msync resumed>) = 0
101 1764000001.000000 +++ exited with 0 +++
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Syncs(log)
	if err != nil || len(all) != 3 {
		t.Fatalf("got %v, %v", all, err)
	}
	from := time.Unix(1764000000, 150_000)
	if got := Between(all, from, from.Add(time.Millisecond)); got != 2 {
		t.Errorf("%d of them come after the first", got)
	}
}

func TestTheFileSystemOfADirectoryIsThatOfTheNearestMount(t *testing.T) {
	mounts := "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nx /tmp/sub xfs rw 0 0\n"
	for dir, want := range map[string]string{"/home/x": "ext4", "/tmp": "tmpfs", "/tmp/other": "tmpfs", "/tmp/sub/a": "xfs", "/tmpfoo": "ext4"} {
		if got := typeOf(mounts, dir); got != want {
			t.Errorf("%s is on %s, not on %s", dir, want, got)
		}
	}
}

func TestAMachineIsTold(t *testing.T) {
	m, err := MachineOf(t.TempDir())
	if err != nil || m.Cores == 0 || m.Sync <= 0 || m.SlowSync < m.Sync || m.Memory == 0 || m.FileSystem == "unknown" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestADirectoryTakesWhatItsFilesHoldAndNotTheirHoles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "full"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hole"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "hole"), 1<<30); err != nil {
		t.Fatal(err)
	}
	if used, err := DiskUse(dir); err != nil || used < 1<<20 || used > 2<<20 {
		t.Errorf("%d, %v", used, err)
	}
}

func TestAProcessIsCalmOnceItStopsWriting(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "busy"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	began, stop := time.Now(), make(chan struct{})
	go func() {
		defer close(stop)
		for time.Since(began) < 300*time.Millisecond {
			_, _ = file.Write(make([]byte, 64<<10))
		}
	}()
	if err := Calm(t.Context(), os.Getpid()); err != nil || time.Since(began) < calmFor {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	<-stop
	if bytes, err := written(os.Getpid()); err != nil || bytes == 0 {
		t.Errorf("it has written %d, %v", bytes, err)
	}
}
