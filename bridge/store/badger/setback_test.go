package badger

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// R9: what a clock that was a year ahead has queued leaves at once when it is set right, also what waits behind it.
func TestWhatAClockThatWasAheadHasQueuedLeavesAtOnceAfterARestart(t *testing.T) {
	path := newPath(t)
	open := func(ahead time.Duration) *Store {
		s, err := Open(t.Context(), Options{Path: path, Now: func() time.Time { return time.Now().Add(ahead) }})
		must(t, err)
		return s
	}
	s := open(365 * 24 * time.Hour)
	commitEvents(t, s, 1, "a1", "a2")
	must(t, s.Close())

	s = open(0)
	for _, want := range []string{"a1", "a2"} {
		claimed, _, err := s.Claim(t.Context(), "hook", time.Now(), 10)
		must(t, err)
		if len(claimed) != 1 || claimed[0].Event.ID != want {
			t.Fatalf("claimed %v, want %s", claimed, want)
		}
		settleAs(t, s, store.Done, claimed...)
	}
	must(t, s.Close())
}
