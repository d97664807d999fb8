package storetest

import (
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// orderTests are statements D6 and D7 at the level of the store.
func orderTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"of one order the next is claimed only when the one before is settled": func(f *fixture) {
			f.queue(true, "a1", "b1", "a2")
			f.queue(true, "a3", "b2")
			claimed := f.claim(0)
			f.equal("first", ids(claimed), []string{"a1", "b1"})
			f.settle(claimed[0], store.Done)
			second := f.claim(0)
			f.equal("second", ids(second), []string{"a2"})
			f.reopen()
			again := f.claim(0)
			f.equal("after a restart", ids(again), []string{"b1", "a2"})
			f.settle(again[1], store.Done)
			f.equal("third", ids(f.claim(0)), []string{"a3"})
		},
		"a delivery that is tried again later holds back its own order alone": func(f *fixture) {
			f.queue(true, "a1", "a2", "b1", "b2")
			claimed := f.claim(0)
			f.postpone(claimed[0], 2)
			f.settle(claimed[1], store.Done)
			f.equal("now", ids(f.claim(0)), []string{"b2"})
			f.equal("later", ids(f.claim(3)), []string{"a1"})
		},
		"burying one lets the next one go": func(f *fixture) {
			f.queue(true, "a1", "a2")
			f.settle(f.claim(0)[0], store.Buried)
			f.equal("claimed", ids(f.claim(0)), []string{"a2"})
		},
		"releasing one does not let the next one go": func(f *fixture) {
			f.queue(true, "a1", "a2")
			f.must(f.store.Release(f.Context(), f.claim(0)))
			f.equal("claimed", ids(f.claim(0)), []string{"a1"})
		},
		"without an order all go at once": func(f *fixture) {
			f.queue(false, "a1", "a2", "a3")
			f.equal("claimed", ids(f.claim(0)), []string{"a1", "a2", "a3"})
		},
		"an order of one sink is not that of another": func(f *fixture) {
			o := orderOf("a")
			f.commit(store.Commit{Append: []store.Append{
				{Event: event("a1"), To: []store.Target{{Sink: "slow", Order: o}}},
				{Event: event("a2"), To: []store.Target{{Sink: "hook", Order: o}, {Sink: "slow", Order: o}}},
			}})
			f.equal("claimed", ids(f.claim(0)), []string{"a2"})
		},
		"a long order leaves one by one to its end": func(f *fixture) {
			var names []string
			for i := range 200 {
				names = append(names, fmt.Sprint("a", i))
			}
			f.queue(true, names...)
			for i, want := range names {
				claimed := f.claim(0)
				f.equal("turn", ids(claimed), []string{want})
				f.settle(claimed[0], store.State(1+i%2))
			}
			f.equal("left", f.count().Pending, 0)
		},
	}
}
