package daemon

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

// inTurn is a configuration whose sink takes one event at a time.
const inTurn = one + `
sink "test" "turns" {
  concurrency = 1
}
source "test" "numbers" {
  every   = "1h"
  initial = "emit"
  sinks   = [sink.turns]
}
`

// leaves runs a daemon that ends while an event, two, waits for the sink.
func (w *world) leaves() {
	w.Helper()
	w.leavesUnder(inTurn)
}

func (w *world) leavesUnder(config string) {
	w.Helper()
	w.has("numbers", "one", "two")
	w.starts(config)
	letGo := w.holds()
	w.polls("numbers")
	w.stop()
	synctest.Wait()
	letGo()
	w.ends()
	w.wants("turns: numbers.created one")
}

// restarts runs another daemon, whose sources take a minute to be built.
func (w *world) restarts() {
	w.building = time.Minute
	w.opens()
	w.runs()
}

func TestUnderAKnownConfigurationWhatWaitsLeavesBeforeSourcesAreRead(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.restarts()
		w.wants("turns: numbers.created one", "turns: numbers.created two")
		if w.Ready() == nil {
			t.Error("ready before the sources are read")
		}
		w.has("numbers", "one", "two", "three")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if err := w.Ready(); err != nil {
			t.Errorf("not ready after the sources are read: %v", err)
		}
		w.polls("numbers")
		w.wants("turns: numbers.created one", "turns: numbers.created two", "turns: numbers.created three")
		w.ends()
	})
}

// waits restarts, and wants nothing to leave before the sources are read.
func (w *world) waits() {
	w.Helper()
	w.restarts()
	w.wants("turns: numbers.created one")
	time.Sleep(2 * time.Minute)
	synctest.Wait()
	w.wants("turns: numbers.created one", "turns: numbers.created two")
	w.ends()
}

func TestUnderAnotherConfigurationNothingLeavesBeforeAllIsRead(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.writes(inTurn + "# another\n")
		w.waits()
	})
}

// Another program may refuse what this one took.
func TestUnderAnotherProgramNothingLeavesBeforeAllIsRead(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.version = "1.2.4"
		w.waits()
	})
}

// Builds of one tree call themselves by one version.
func TestUnderAnotherBuildOfTheProgramNothingLeavesBeforeAllIsRead(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		own := programSum
		programSum = func() string { return "another" }
		defer func() { programSum = own }()
		w.waits()
	})
}

// What a sink takes from outside of the files was never in force as it is now.
func TestWithAnotherValueInASinkNothingLeavesBeforeAllIsRead(t *testing.T) {
	t.Setenv("LIMIT", "30s")
	inBubble(t, func(w *world) {
		w.leavesUnder(strings.ReplaceAll(inTurn, "concurrency = 1", "concurrency = 1\n  timeout = nonsensitive(env(\"LIMIT\"))"))
		if err := os.Setenv("LIMIT", "31s"); err != nil {
			t.Fatal(err)
		}
		w.refused = true
		err := Run(w.Context(), w.options())
		if _, ok := errors.AsType[*Invalid](err); !ok {
			t.Errorf("it ran with sources that were refused: %v", err)
		}
		w.wants("turns: numbers.created one")
		w.refused = false
		w.waits()
	})
}

// Another daemon, over a copy of the state, may be at work.
func TestWhileTheAddressIsTakenNothingLeaves(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.opens()
		taken := func(string) (net.Listener, error) { return nil, admin.ErrTaken }
		if err := errors.Join(w.run(w.Context(), taken), w.close()); !errors.Is(err, admin.ErrTaken) {
			t.Errorf("the start ended with %v", err)
		}
		w.wants("turns: numbers.created one")
	})
}

func TestAStartThatFailsLeavesTheAddressFree(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.refused = true
		w.opens()
		listener := newPipeListener()
		listen := func(string) (net.Listener, error) { return listener, nil }
		if err := errors.Join(w.run(w.Context(), listen), w.close()); err == nil {
			t.Error("it ran with sources that were refused")
		}
		if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the address is still taken: %v", err)
		}
	})
}

func TestUnderAConfigurationWithMistakesNothingLeaves(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.writes(inTurn + "nonsense {}\n")
		err := Run(w.Context(), w.options())
		if _, ok := errors.AsType[*Invalid](err); !ok {
			t.Errorf("it ran under a configuration with a mistake: %v", err)
		}
		w.wants("turns: numbers.created one")
	})
}

// What is wrong outside the files, such as a variable that is gone, ends a start that has delivered already.
func TestAKnownConfigurationThatIsRefusedEndsTheStart(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.refused = true
		err := Run(w.Context(), w.options())
		if _, ok := errors.AsType[*Invalid](err); !ok {
			t.Errorf("it ran with sources that were refused: %v", err)
		}
		w.refused = false
		w.opens()
		w.runs()
		w.wants("turns: numbers.created one", "turns: numbers.created two")
		w.ends()
	})
}

func TestAReloadMakesAConfigurationKnown(t *testing.T) {
	inBubble(t, func(w *world) {
		w.starts(one)
		w.writes(inTurn)
		if err := w.Reload(w.Context()); err != nil {
			t.Fatal(err)
		}
		letGo := w.holds()
		w.has("numbers", "one", "two")
		w.polls("numbers")
		w.stop()
		synctest.Wait()
		letGo()
		w.ends()
		w.restarts()
		w.wants("turns: numbers.created one", "turns: numbers.created two")
		time.Sleep(3 * time.Minute)
		w.ends()
	})
}

func TestAStopDuringTheStartIsNoError(t *testing.T) {
	inBubble(t, func(w *world) {
		w.leaves()
		w.restarts()
		w.stop()
		time.Sleep(3 * time.Minute)
		w.ends()
	})
}
