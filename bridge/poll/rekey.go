package poll

import (
	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// identify finds out whether the known keys were made as today's are.
func (r *run) identify() {
	if named, ok := r.Source.(bridge.Identified); ok {
		r.identity = r.comparer.Raw([]byte(named.Identity()))
	}
	none := store.Hash{}
	known := !r.was.Baseline.IsZero() && r.was.Identity != none && r.identity != none
	r.rekeyed = known && r.was.Identity != r.identity
}

// holdRekeyed returns why a source is held whose key was changed: every item would be told as deleted under its
// old key and created under its new one. It is not even polled, until an operator has a new baseline taken or
// the key is again what it was.
func (r *run) holdRekeyed() *store.Hold {
	if !r.rekeyed || r.was.Rebaseline {
		return nil
	}
	r.observed = r.started
	hold := r.newHold()
	hold.Rebaseline = true
	hold.Reason = "the key of its items was changed: the known items cannot be compared with those under new keys"
	return hold
}
