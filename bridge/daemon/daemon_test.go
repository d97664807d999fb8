package daemon

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

func TestWhatChangesIsPolledStoredAndDelivered(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.starts(one)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.has("things", "a", "b")
		w.polls("things")
		w.has("things", "b")
		w.polls("things")
		w.wants("out: things.created a", "out: things.created b", "out: things.deleted a")
		w.ends()
	})
}

// O5: alive and ready while it runs, neither ready before nor after.
func TestTheProbesFollowTheLifeOfTheDaemon(t *testing.T) {
	inBubble(t, func(w *world) {
		w.writes(one)
		w.opens()
		if w.Ready() == nil {
			t.Error("ready before it runs")
		}
		w.runs()
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, body := w.gets(path); status != http.StatusOK || !strings.Contains(body, "ok") {
				t.Errorf("%s answers %d %s while all is well", path, status, body)
			}
		}
		w.has("things", "a")
		letGo := w.holds()
		w.polls("things")
		w.stop()
		synctest.Wait()
		if w.Ready() == nil {
			t.Error("ready while it stops")
		}
		if w.Alive(w.Context()) == nil {
			t.Error("alive while it stops")
		}
		letGo()
		w.ends()
		if w.Ready() == nil {
			t.Error("ready after the end")
		}
	})
}

// D17: an attempt in flight may finish and counts, a poll in flight is cut off and does not; the state is closed
// when nothing asks it any more, and whole when it is opened again.
func TestAStopFinishesWhatIsInFlightAndClosesTheStateLast(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "a")
		w.starts(one)
		letGo := w.holds()
		w.polls("things")
		w.slow = 30 * time.Second
		asked := make(chan error, 1)
		go func() {
			report, err := w.Poll(w.Context(), "things", nil)
			asked <- errors.Join(err, report.Err)
		}()
		synctest.Wait()
		w.stop()
		time.Sleep(time.Second)
		if err := <-asked; err == nil {
			t.Error("a poll that was cut off went well")
		}
		select {
		case <-w.ended:
			t.Fatal("the daemon did not wait for the attempt in flight")
		default:
		}
		letGo()
		w.ends()
		w.wants("out: things.created a")
		if strings.Contains(w.log.String(), "level=ERROR") || strings.Contains(w.log.String(), "level=WARN") {
			t.Errorf("a good stop logged:\n%s", w.log.String())
		}
		if _, err := w.Poll(w.Context(), "things", nil); !errors.Is(err, poll.ErrStopped) {
			t.Errorf("a poll after the end: %v", err)
		}
		w.checkDelivered("a")
	})
}

// checkDelivered opens the state that the daemon left.
func (w *world) checkDelivered(key string) {
	w.Helper()
	state, err := badger.Open(w.Context(), badger.Options{Path: w.config.Load().State.Path, Log: w.options().Log})
	if err != nil {
		w.Fatal(err)
	}
	for record, err := range state.Events(w.Context(), store.Filter{Key: key}) {
		if err != nil || record.Deliveries[0].State != store.Done {
			w.Errorf("the delivery was left as %v: %v", record.Deliveries, err)
		}
	}
	memory, err := state.Memory(w.Context(), "things")
	if err != nil || memory.Failures != 0 {
		w.Errorf("a poll that was cut off counts as %d failures: %v", memory.Failures, err)
	}
	if err := state.Close(); err != nil {
		w.Error(err)
	}
}

func TestAConfigurationWithMistakesOrAStateInUseStartsNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		w.writes(one + "nonsense {}")
		err := Run(w.Context(), w.options())
		if invalid, ok := errors.AsType[*Invalid](err); !ok || len(invalid.Diagnostics) != 1 {
			t.Errorf("a configuration with one mistake: %v", err)
		}
		w.starts(one)
		if err := Run(w.Context(), w.options()); !errors.Is(err, store.ErrInUse) {
			t.Errorf("a state in use: %v", err)
		}
		w.ends()
	})
}

// What is delivered is kept for the time of state.history; what waits, or was given up, for longer.
func TestHistoryIsSweptButNotWhatWaitsOrWasGivenUp(t *testing.T) {
	inBubble(t, func(w *world) {
		w.has("things", "good", "bad-1")
		w.starts(one)
		w.polls("things")
		time.Sleep(2 * time.Minute)
		w.has("things", "good", "bad-1", "late")
		letGo := w.holds()
		w.polls("things")
		w.checkKeys("bad-1 good late")
		w.sweepOnce(w.Context(), time.Now().Add(time.Hour))
		w.checkKeys("bad-1 late")
		letGo()
		w.sweepOnce(w.Context(), time.Now().Add(5*time.Minute))
		w.checkKeys("bad-1 late")
		w.sweepOnce(w.Context(), time.Now().Add(time.Hour))
		w.checkKeys("bad-1")
		w.ends()
	})
}

// checkKeys checks whose events are recorded.
func (w *world) checkKeys(want string) {
	w.Helper()
	var keys []string
	for record, err := range w.History().Events(w.Context(), store.Filter{}) {
		if err != nil {
			w.Fatal(err)
		}
		keys = append(keys, record.Event.Key)
	}
	slices.Sort(keys)
	if got := strings.Join(keys, " "); got != want {
		w.Errorf("events of %q are recorded, want %q", got, want)
	}
}
