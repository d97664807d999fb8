package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

func claimTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"a claim gives all of the event as it was committed": func(f *fixture) {
			e := event("e1")
			e.Snapshot, e.From, e.To = true, time.Unix(5, 6).UTC(), time.Unix(7, 8).UTC()
			e.Data = []byte(`{"x":[1,2]}`)
			f.commit(store.Commit{Append: []store.Append{{Event: e, To: []store.Target{{Sink: "hook", Order: store.Hash{4}}}}}})
			f.reopen()
			d := f.claim(1)[0]
			f.equal("event", d.Event, e)
			f.equal("target", d.Target, store.Target{Sink: "hook", Order: store.Hash{4}})
			f.equal("state and attempts", []any{d.State, d.Attempts, len(d.Log)}, []any{store.Pending, 0, 0})
		},
		"what is claimed is not claimed again until it is released": func(f *fixture) {
			f.queue(false, "a1", "b1")
			claimed := f.claim(1)
			f.equal("first claim", ids(claimed), []string{"a1", "b1"})
			f.equal("second claim", ids(f.claim(1)), []string{})
			f.must(f.store.Release(f.Context(), claimed[:1]))
			f.equal("after the release", ids(f.claim(1)), []string{"a1"})
		},
		"a claim does not outlive a restart": func(f *fixture) {
			f.queue(true, "a1", "a2")
			f.equal("claimed", ids(f.claim(1)), []string{"a1"})
			f.reopen()
			f.equal("claimed again", ids(f.claim(1)), []string{"a1"})
		},
		"a claim takes no more than its limit, and says when the next one is due": func(f *fixture) {
			f.queue(false, "a1", "b1", "c1")
			now := f.in(0)
			claimed, next, err := f.store.Claim(f.Context(), "hook", now, 2)
			f.must(err)
			f.equal("claimed", ids(claimed), []string{"a1", "b1"})
			if next.IsZero() || next.After(now) {
				f.Fatalf("next is %v, although one is due at %v", next, now)
			}
			f.must(f.store.Release(f.Context(), f.claim(0)))
			f.postpone(claimed[0], 3)
			_, next, err = f.store.Claim(f.Context(), "hook", now, 5)
			f.must(err)
			f.equal("next is in the future", next.After(now), true)
		},
		"nothing is claimed before it is due": func(f *fixture) {
			f.queue(false, "a1")
			f.postpone(f.claim(0)[0], 2)
			f.equal("an hour from now", ids(f.claim(1)), []string{})
			f.reopen()
			f.equal("an hour from now, after a restart", ids(f.claim(1)), []string{})
			f.equal("three hours from now", ids(f.claim(3)), []string{"a1"})
			_, next, err := f.store.Claim(f.Context(), "hook", f.in(3), 1)
			f.must(err)
			f.equal("nothing waits", next.IsZero(), true)
		},
		"what fell due first is claimed first": func(f *fixture) {
			f.queue(false, "a1", "b1", "c1")
			claimed := f.claim(0)
			f.postpone(claimed[2], 1)
			f.postpone(claimed[0], 2)
			f.postpone(claimed[1], 3)
			f.equal("claimed", ids(f.claim(4)), []string{"c1", "a1", "b1"})
		},
		"one sink's deliveries are not another's": func(f *fixture) {
			f.commit(store.Commit{Append: []store.Append{
				{Event: event("a1"), To: []store.Target{{Sink: "hook"}, {Sink: "slow"}}},
				{Event: event("b1"), To: []store.Target{{Sink: "slow"}}},
			}})
			f.equal("hook", ids(f.claim(0)), []string{"a1"})
			claimed, _, err := f.store.Claim(f.Context(), "slow", f.in(0), 10)
			f.must(err)
			f.equal("slow", ids(claimed), []string{"a1", "b1"})
		},
		"many claims at once share what is there, and none of it twice": func(f *fixture) {
			var names []string
			for i := range 300 {
				names = append(names, fmt.Sprintf("%c%d", 'a'+i%20, i))
			}
			f.queue(false, names...)
			var claims sync.WaitGroup
			got := make(chan string, 2*len(names))
			for range 8 {
				claims.Go(func() {
					for {
						claimed, _, err := f.store.Claim(f.Context(), "hook", f.in(0), 7)
						if err != nil || len(claimed) == 0 {
							return
						}
						for _, d := range claimed {
							got <- d.Event.ID
						}
					}
				})
			}
			claims.Wait()
			close(got)
			seen := map[string]bool{}
			for id := range got {
				f.equal(id+" claimed before", seen[id], false)
				seen[id] = true
			}
			f.equal("claimed", len(seen), len(names))
		},
		"whoever waits is told of a commit, a release and a turn that has come": func(f *fixture) {
			ready := f.store.Ready("hook")
			told := func(why string) {
				f.Helper()
				select {
				case <-ready:
				case <-time.After(10 * time.Second):
					f.Fatalf("nobody was told of %s", why)
				}
			}
			f.queue(true, "a1", "a2")
			told("the commit")
			d := f.claim(0)
			f.must(f.store.Release(f.Context(), d))
			told("the release")
			f.settle(f.claim(0)[0], store.Buried)
			told("the turn")
			under := f.claim(0)
			f.redeliver("a1")
			told("the redelivery")
			f.equal("meanwhile", ids(f.claim(0)), []string{})
			f.settle(under[0], store.Done)
			told("the turn of an earlier one")
		},
		"an event without targets is history, and nothing is queued": func(f *fixture) {
			f.commit(store.Commit{Append: []store.Append{{Event: event("e1")}}})
			f.equal("events", f.events(store.Filter{}), []string{"e1"})
			f.equal("queue", f.count(), store.Queue{})
		},
		"deliveries that are buried from the start are dead letters, and hold nothing back": func(f *fixture) {
			f.commit(store.Commit{Append: []store.Append{
				{Event: event("a1"), Bury: "template failed", To: []store.Target{{Sink: "hook", Order: orderOf("a")}}},
				{Event: event("a2"), To: []store.Target{{Sink: "hook", Order: orderOf("a")}}},
			}})
			f.equal("claimed", ids(f.claim(0)), []string{"a2"})
			d := f.event("a1").Deliveries[0]
			f.equal("dead letter", []any{d.State, d.Reason}, []any{store.Buried, "template failed"})
		},
	}
}
