package storetest

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// SetBack checks what becomes of deliveries whose times were written by a clock that was ahead. The function opens
// a state of its own, empty at first, under a clock that differs from the true one by so much.
func SetBack(t *testing.T, open func(ahead time.Duration) store.Store) {
	const year = 365 * 24 * time.Hour
	f := &fixture{TB: t, store: open(year)}
	f.queue(true, "a1", "b1", "c1", "c2")
	claimed, _, err := f.store.Claim(t.Context(), "hook", time.Now().Add(year), 10)
	f.must(err)
	f.equal("while it is ahead", ids(claimed), []string{"a1", "b1", "c1"})
	failed := store.Settlement{Delivery: claimed[0], Attempt: &store.Attempt{Status: 503}, Due: time.Now().Add(year + 5*time.Hour)}
	f.must(f.store.Settle(t.Context(), []store.Settlement{failed}))
	for _, name := range []string{"set back", "set back, and started once more"} {
		f.must(f.store.Close())
		f.store = open(0)
		now := f.claim(0)
		f.equal(name+": at once", ids(now), []string{"b1", "c1"})
		f.equal(name+": four hours later", ids(f.claim(4)), []string{})
		later := f.claim(6)
		f.equal(name+": when the wait is over", ids(later), []string{"a1"})
	}
	f.must(f.store.Close())
	f.store = open(0)
	for _, d := range f.claim(0) {
		f.settle(d, store.Done)
	}
	f.equal("what waited behind", ids(f.claim(0)), []string{"c2"})
	f.must(f.store.Close())
}
