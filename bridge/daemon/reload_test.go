package daemon

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const other = `
source "test" "others" {
  every   = "1h"
  initial = "emit"
  sinks   = [sink.out]
}
`

// reloads takes in a configuration, which is to go well.
func (w *world) reloads(config string) {
	w.Helper()
	w.writes(config)
	if err := w.Reload(w.Context()); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// refuses wants a configuration to be refused, for a reason that holds these words.
func (w *world) refuses(words ...string) error {
	w.Helper()
	err := w.Reload(w.Context())
	if err == nil {
		w.Fatal("a configuration was taken in that should be refused")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.Errorf("it was refused with %q, which does not say %q", err, word)
		}
	}
	return err
}

// O3: a poll and an attempt of what did not change go on; what changed restarts.
func TestAReloadRestartsOnlyWhatChanged(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.has("others", "z")
		w.starts(one + other)
		w.polls("things")
		w.polls("others")
		w.slow = 30 * time.Second
		done := make(chan error, 1)
		go func() {
			report, err := w.Poll(w.Context(), "things", nil)
			done <- errors.Join(err, report.Err)
		}()
		synctest.Wait()
		w.built = nil
		w.reloads(one + strings.Replace(other, "every", "note = \"+\"\n  every", 1))
		if err := <-done; err != nil {
			t.Errorf("the poll of a source that did not change: %v", err)
		}
		w.slow = 0
		w.polls("things")
		w.polls("others")
		if want := []string{"things", "others+"}; !slices.Equal(w.built, want) {
			t.Errorf("%q polled after the reload, want %q", w.built, want)
		}
		w.wants("out: things.created a", "out: others.created z")
		w.ends()
	})
}

// O3: the attempts of a sink that stays go on, and more start beside them.
func TestASinkThatStaysGoesOnOverAReload(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.starts(one)
		letGo := w.holds()
		w.polls("things")
		w.reloads(one + other)
		w.has("things", "a", "b")
		w.polls("things")
		time.Sleep(time.Second)
		if w.busy != 2 {
			t.Errorf("%d attempts under way after a reload, want the old one and a new one", w.busy)
		}
		letGo()
		w.ends()
	})
}

// O3.
func TestAReloadOfAFileWithMistakesLeavesAllAsItWas(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.starts(one)
		w.polls("things")
		w.writes(strings.Replace(one, "1h", "soon", 1))
		if _, ok := errors.AsType[*Invalid](w.refuses("soon", "hookbridge.hcl line")); !ok {
			t.Error("the refusal does not hold the diagnostics")
		}
		if !strings.Contains(w.log.String(), "reload refused, all goes on as it was") {
			t.Errorf("the log does not say so:\n%s", w.log.String())
		}
		w.has("things", "a", "b")
		w.polls("things")
		w.wants("out: things.created a", "out: things.created b")
		w.ends()
	})
}

func TestAReloadRefusesWhatARunningDaemonCannotChange(t *testing.T) {
	inBubble(t, func(w *world) {
		w.starts(one)
		w.overwrites("state {\n  path = \"/elsewhere\"\n}\n" + one)
		w.refuses("state.path", "/elsewhere", "restart")
		w.writes("admin {\n  listen = \"127.0.0.1:7676\"\n}\n" + one)
		w.refuses("admin.listen", "127.0.0.1:7676", "restart")
		w.reloads(one)
		w.ends()
	})
}

// O3, D7: what is in flight when its sink changes is neither lost nor sent twice, and what comes meanwhile is
// sent by the new one, after it.
func TestASinkThatChangesNeitherLosesNorDoublesWhatIsInFlight(t *testing.T) {
	inBubble(t, func(w *world) {
		changed := strings.Replace(one, "retry", "note = \"+\"\n  retry", 1)
		w.has("things", "a")
		w.starts(one)
		letGo := w.holds()
		w.polls("things")
		w.reloads(changed)
		w.has("things", "a", "b")
		w.polls("things")
		time.Sleep(time.Second)
		if w.busy != 1 {
			t.Errorf("%d attempts under way while the old sink finishes", w.busy)
		}
		letGo()
		time.Sleep(time.Second)
		w.wants("out: things.created a", "out+: things.created b")
		w.ends()
	})
}

// A sink that goes away, and comes back while its last attempts still end, waits for these.
func TestASinkThatComesBackWaitsForItsLastAttempts(t *testing.T) {
	inBubble(t, func(w *world) {
		without := strings.Replace(one, `"out"`, `"in"`, 1)
		without = strings.Replace(without, "sink.out", "sink.in", 1)
		w.has("things", "a")
		w.starts(one)
		letGo := w.holds()
		w.polls("things")
		w.reloads(without)
		w.reloads(one)
		w.has("things", "a", "b")
		w.polls("things")
		time.Sleep(time.Second)
		if w.busy != 1 {
			t.Errorf("%d attempts under way while the old sink finishes", w.busy)
		}
		letGo()
		time.Sleep(time.Second)
		w.wants("out: things.created a", "out: things.created b")
		w.ends()
	})
}

// An attempt that outlasts the grace is cut off and made again by the new sink, with nothing lost.
func TestAnAttemptThatIsCutOffByAReloadIsMadeAgain(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.starts(one)
		letGo := w.holds()
		w.polls("things")
		w.reloads(strings.Replace(one, "retry", "note = \"+\"\n  retry", 1))
		time.Sleep(11 * time.Second)
		letGo()
		time.Sleep(time.Minute)
		w.wants("out+: things.created a")
		w.ends()
	})
}
