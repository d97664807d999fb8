package main

import (
	"flag"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hookbridge/hookbridge/cmd/hookbridge/command"
)

// TestMain puts a hookbridge on the PATH that is this test binary under another name: scripts and tests run
// the real program, as processes of their own. With the race detector each of them would wait a second at its end.
func TestMain(m *testing.M) {
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	flag.Int("kills", 20, "how often the crash test kills the daemon")
	flag.Uint64("seed", 0, "what the crash test draws from; 0: another each time")
	flag.Duration("soak", 5*time.Second, "how long the soak test lasts")
	testscript.Main(m, map[string]func(){
		"hookbridge": func() { os.Exit(command.Main(sources(), sinks())) },
	})
}

// needs skips a test where a program of the machine is missing. The longer checks set HOOKBRIDGE_TEST_ALL, and
// allow no such skip.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			lacks(t, name+" is not installed")
		}
	}
}

// lacks skips a test for something that the machine does not have.
func lacks(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("HOOKBRIDGE_TEST_ALL") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
