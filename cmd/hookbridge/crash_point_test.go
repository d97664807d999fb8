package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

// crashPoints are the points at which the daemon kills itself, and up to which pass: rare ones early in its life,
// others also late.
func crashPoints() map[crashpoint.Point]int {
	return map[crashpoint.Point]int{
		crashpoint.PollListed:     60,
		crashpoint.PollChunk:      4,
		crashpoint.PollLast:       60,
		crashpoint.StoreBlob:      4,
		crashpoint.StoreStaged:    3,
		crashpoint.StoreCommit:    120,
		crashpoint.StoreCommitted: 120,
		crashpoint.DeliverClaimed: 100,
		crashpoint.DeliverSend:    100,
		crashpoint.SendFirst:      100,
		crashpoint.SendAnswered:   100,
		crashpoint.FileWritten:    60,
		crashpoint.DeliverSent:    100,
		crashpoint.DeliverSettle:  80,
		crashpoint.DeliverSettled: 80,
		crashpoint.ReloadReady:    2,
		crashpoint.ReloadPolls:    2,
		crashpoint.ReloadDone:     2,
	}
}

// crashBinary builds a hookbridge that has the points.
func crashBinary(t testing.TB) string { return goBuild(t, "-tags=crashpoints") }

func goBuild(t testing.TB, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hookbridge")
	build := exec.Command("go", append(append([]string{"build", "-o", path}, args...), ".")...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return path
}

// That the other binary has the points is shown by the crash test, whose daemons die at them.
func TestTheProgramAsItIsShippedHasNoTraceOfTheCrashTests(t *testing.T) {
	symbols, err := exec.Command("go", "tool", "nm", goBuild(t)).Output()
	if err != nil || !bytes.Contains(symbols, []byte("main.main")) {
		t.Fatalf("go tool nm: %v: %d bytes", err, len(symbols))
	}
	if bytes.Contains(symbols, []byte("bridge/crashpoint")) {
		t.Error("the plain binary has symbols of package crashpoint")
	}
}
