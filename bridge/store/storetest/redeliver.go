package storetest

import (
	"errors"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

func redeliverTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"a dead letter that is redelivered is due at once with all attempts ahead": func(f *fixture) {
			f.queue(true, "a1")
			f.settle(f.claim(0)[0], store.Buried)
			f.equal("made pending", f.redeliver("a1"), 1)
			f.equal("counts", []int{f.count().Pending, f.count().Dead}, []int{1, 0})
			f.reopen()
			d := f.claim(0)[0]
			f.equal("redelivered", []any{d.Event.ID, d.Attempts, d.State, d.Reason, len(d.Log)}, []any{"a1", 0, store.Pending, "", 1})
		},
		"what is pending already is left alone, and an unknown id is passed over": func(f *fixture) {
			f.queue(true, "a1", "b1")
			f.postpone(f.claim(0)[0], 5)
			f.equal("made pending", f.redeliver("a1", "none", "b1"), 0)
			f.equal("the postponed one stays so", ids(f.claim(1)), []string{})
		},
		"an event goes to a sink that it was never meant for, in the order given for it": func(f *fixture) {
			f.queue(true, "a1", "a2")
			count, err := f.store.Redeliver(f.Context(), []string{"a1", "a2"}, "new", func(e bridge.Event) store.Hash {
				return store.Hash{2, e.Key[2]}
			})
			f.must(err)
			f.equal("made pending", count, 2)
			claimed, _, err := f.store.Claim(f.Context(), "new", f.in(0), 10)
			f.must(err)
			f.equal("claimed", ids(claimed), []string{"a1"})
			f.equal("sinks", []string{f.event("a1").Deliveries[0].Sink, f.event("a1").Deliveries[1].Sink}, []string{"hook", "new"})
		},
		"deliveries fall due in the order of the ids": func(f *fixture) {
			f.queue(true, "a1", "b1", "c1")
			for _, d := range f.claim(0) {
				f.settle(d, store.Done)
			}
			f.equal("made pending", f.redeliver("b1", "c1", "a1", "b1"), 3)
			f.equal("claimed", ids(f.claim(0)), []string{"b1", "c1", "a1"})
		},
		"an earlier revision that is redelivered goes before a later one that waits": func(f *fixture) {
			f.queue(true, "a1", "a2", "a3")
			f.settle(f.claim(0)[0], store.Buried)
			f.redeliver("a1")
			first := f.claim(0)
			f.equal("first", ids(first), []string{"a1"})
			f.settle(first[0], store.Done)
			f.equal("second", ids(f.claim(0)), []string{"a2"})
		},
		"an earlier revision that is redelivered waits for the later one under way": func(f *fixture) {
			f.queue(true, "a1", "a2", "a3")
			f.settle(f.claim(0)[0], store.Buried)
			under := f.claim(0)
			f.equal("under way", ids(under), []string{"a2"})
			f.redeliver("a1")
			f.equal("meanwhile", ids(f.claim(0)), []string{})
			f.settle(under[0], store.Done)
			next := f.claim(0)
			f.equal("next", ids(next), []string{"a1"})
			f.settle(next[0], store.Done)
			f.equal("last", ids(f.claim(0)), []string{"a3"})
		},
		"dropping gives up a dead letter, and only that": func(f *fixture) {
			f.queue(false, "a1", "b1")
			f.settle(f.claim(0)[0], store.Buried)
			f.must(f.store.Drop(f.Context(), "a1", "hook"))
			f.equal("state", f.event("a1").Deliveries[0].State, store.Dropped)
			f.equal("dead", f.count().Dead, 0)
			for _, id := range []string{"a1", "b1", "none"} {
				if err := f.store.Drop(f.Context(), id, "hook"); !errors.Is(err, store.ErrNotFound) {
					f.Fatalf("%s: got %v, want ErrNotFound", id, err)
				}
			}
			f.equal("a dropped one can be redelivered", f.redeliver("a1"), 1)
		},
	}
}
