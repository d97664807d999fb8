package storetest

import (
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// settleTests are statements D3 and D11 at the level of the store.
func settleTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"a delivery that is done is never claimed again": func(f *fixture) {
			f.queue(false, "a1")
			d := f.claim(0)[0]
			f.settle(d, store.Done)
			f.settle(d, store.Pending)
			f.equal("claimed", ids(f.claim(1)), []string{})
			f.reopen()
			f.equal("claimed after a restart", ids(f.claim(1)), []string{})
		},
		"attempts are counted and recorded, and outlive a restart": func(f *fixture) {
			f.queue(false, "a1")
			made := store.Attempt{
				Time: time.Unix(3, 4).UTC(), Duration: time.Second, Status: 503, Class: "status", Error: "status 503", Excerpt: "busy <&>",
			}
			due := f.in(2).UTC()
			f.must(f.store.Settle(f.Context(), []store.Settlement{{Delivery: f.claim(0)[0], Attempt: &made, Due: due}}))
			f.reopen()
			d := f.claim(3)[0]
			f.equal("log", d.Log, []store.Attempt{made})
			f.equal("attempts", d.Attempts, 1)
			f.equal("due", d.Due.Equal(due), true)
			f.settle(d, store.Buried)
			shown := f.event("a1").Deliveries[0]
			f.equal("shown", []any{shown.State, shown.Reason, shown.Attempts, len(shown.Log)}, []any{store.Buried, "status 400", 2, 2})
		},
		"an outcome without an attempt counts none": func(f *fixture) {
			f.queue(false, "a1")
			f.must(f.store.Settle(f.Context(), []store.Settlement{{Delivery: f.claim(0)[0], Due: f.in(1)}}))
			f.equal("attempts", f.claim(2)[0].Attempts, 0)
		},
		"the log keeps the last attempts": func(f *fixture) {
			f.queue(false, "a1")
			for i := range store.LogLength + 5 {
				d := f.claim(1)[0]
				f.must(f.store.Settle(f.Context(), []store.Settlement{{Delivery: d, Attempt: &store.Attempt{Status: i}, Due: f.in(0)}}))
			}
			d := f.claim(1)[0]
			f.equal("attempts", d.Attempts, store.LogLength+5)
			f.equal("kept", []int{len(d.Log), d.Log[0].Status, d.Log[store.LogLength-1].Status}, []int{store.LogLength, 5, store.LogLength + 4})
		},
		"recording the same outcome again changes nothing": func(f *fixture) {
			f.queue(false, "a1")
			d := f.claim(0)[0]
			f.postpone(d, 1)
			f.postpone(d, 2)
			again := f.claim(3)[0]
			f.equal("attempts", again.Attempts, 1)
		},
		"many outcomes with long answers are recorded": func(f *fixture) {
			var names []string
			for i := range 200 {
				names = append(names, fmt.Sprint("a", i))
			}
			f.queue(false, names...)
			var all []store.Settlement
			for _, d := range f.claim(0) {
				long := string(make([]byte, 4<<10))
				all = append(all, store.Settlement{Delivery: d, Attempt: &store.Attempt{Excerpt: long, Error: long}, Due: f.in(1)})
			}
			f.must(f.store.Settle(f.Context(), all))
			f.equal("due again", len(f.claim(2)), 200)
		},
		"the queue counts what is pending and dead, now and after a restart": func(f *fixture) {
			start := time.Now()
			f.queue(true, "a1", "a2", "b1", "c1")
			claimed := f.claim(0)
			f.settle(claimed[0], store.Buried)
			f.settle(claimed[1], store.Done)
			for range 2 {
				q := f.count()
				f.equal("pending and dead", []int{q.Pending, q.Dead}, []int{2, 1})
				if q.Oldest.Before(start.Add(-time.Second)) || q.Oldest.After(time.Now()) {
					f.Fatalf("the oldest is from %v", q.Oldest)
				}
				f.reopen()
			}
			for _, d := range f.claim(0) {
				f.settle(d, store.Done)
			}
			f.equal("at the end", f.count(), store.Queue{Dead: 1})
		},
	}
}
