package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
)

// A crashPlace is a point at which the daemon kills itself: up to which pass, and what an operator does over and
// over so that it gets there, nil for nothing.
type crashPlace struct {
	passes int
	act    func(*crash)
}

// crashPoints are the points: rare ones early in a life, others also late.
func crashPoints() map[crashpoint.Point]crashPlace {
	return map[crashpoint.Point]crashPlace{
		crashpoint.PollListed:     {60, nil},
		crashpoint.PollChunk:      {4, nil},
		crashpoint.PollLast:       {60, nil},
		crashpoint.StoreBlob:      {4, nil},
		crashpoint.StoreStaged:    {3, nil},
		crashpoint.StoreCommit:    {120, nil},
		crashpoint.StoreCommitted: {120, nil},
		crashpoint.DeliverClaimed: {100, nil},
		crashpoint.DeliverSend:    {100, nil},
		crashpoint.SendFirst:      {100, nil},
		crashpoint.SendAnswered:   {100, nil},
		crashpoint.FileWritten:    {60, nil},
		crashpoint.DeliverSent:    {100, nil},
		crashpoint.DeliverSettle:  {80, nil},
		crashpoint.DeliverSettled: {80, nil},
		crashpoint.StoreBackup:    {8, (*crash).backUpOver},
		crashpoint.ReloadReady:    {2, (*crash).reload},
		crashpoint.ReloadPolls:    {2, (*crash).reload},
		crashpoint.ReloadDone:     {2, (*crash).reload},
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
