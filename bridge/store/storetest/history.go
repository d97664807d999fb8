package storetest

import (
	"errors"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

func historyTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"events come newest first, with their deliveries by sink": func(f *fixture) {
			f.commit(store.Commit{Append: []store.Append{
				{Event: event("e1"), To: []store.Target{{Sink: "b"}, {Sink: "a"}}}, {Event: event("e2")},
			}})
			f.commit(store.Commit{Append: []store.Append{{Event: event("e3"), To: []store.Target{{Sink: "a"}}}}})
			f.reopen()
			all := collect(f, f.store.Events(f.Context(), store.Filter{}))
			f.equal("events", []string{all[0].Event.ID, all[1].Event.ID, all[2].Event.ID}, []string{"e3", "e2", "e1"})
			f.equal("deliveries", []int{len(all[0].Deliveries), len(all[1].Deliveries), len(all[2].Deliveries)}, []int{1, 0, 2})
			f.equal("first sink", all[2].Deliveries[0].Sink, "a")
			f.equal("numbers fall", all[0].Number > all[1].Number && all[1].Number > all[2].Number, true)
			f.equal("one event", f.event("e1").Event.After, all[2].Event.After)
		},
		"an event that is not there is not found": func(f *fixture) {
			if _, err := f.store.Event(f.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
				f.Fatalf("got %v, want ErrNotFound", err)
			}
		},
		"a filter picks by time, source, key, type, sink, state and number": func(f *fixture) {
			start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
			one, two, three := event("e1"), event("e2"), event("e3")
			one.Time, two.Time, three.Time = start, start.Add(time.Hour), start.Add(2*time.Hour)
			two.Source, three.Type = "other", "orders.deleted"
			f.commit(store.Commit{Append: []store.Append{
				{Event: one, To: []store.Target{{Sink: "hook"}}},
				{Event: two, To: []store.Target{{Sink: "hook"}, {Sink: "b"}}},
				{Event: three, To: []store.Target{{Sink: "b"}}, Bury: "no"},
			}})
			f.settle(f.claim(0)[0], store.Done)
			pending, dead := store.Pending, store.Buried
			for _, c := range []struct {
				filter store.Filter
				want   []string
			}{
				{store.Filter{Since: two.Time}, []string{"e3", "e2"}},
				{store.Filter{Until: two.Time}, []string{"e1"}},
				{store.Filter{Source: "other"}, []string{"e2"}},
				{store.Filter{Key: "k-e3"}, []string{"e3"}},
				{store.Filter{Type: "orders.deleted"}, []string{"e3"}},
				{store.Filter{Sink: "b"}, []string{"e3", "e2"}},
				{store.Filter{State: &pending}, []string{"e2"}},
				{store.Filter{State: &dead}, []string{"e3"}},
				{store.Filter{State: &dead, Sink: "hook"}, []string{}},
				{store.Filter{Limit: 2}, []string{"e3", "e2"}},
				{store.Filter{Source: "orders", Type: "orders.updated", Since: start}, []string{"e1"}},
			} {
				f.equal(asText(c.filter), f.events(c.filter), c.want)
			}
		},
		"reading events may stop early, and may change what it reads": func(f *fixture) {
			f.queue(false, "a1", "b1", "c1")
			for r, err := range f.store.Events(f.Context(), store.Filter{}) {
				f.must(err)
				f.equal("first", r.Event.ID, "c1")
				f.queue(false, "d1")
				break
			}
			f.equal("events", f.events(store.Filter{Limit: 1}), []string{"d1"})
		},
	}
}

func sweepTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"sweeping removes what is old and settled, and keeps what is young, pending or dead": func(f *fixture) {
			f.commit(store.Commit{Append: []store.Append{{Event: event("history")}}})
			f.queue(false, "done", "dead", "pending")
			claimed := f.claim(0)
			f.settle(claimed[0], store.Done)
			f.settle(claimed[1], store.Buried)
			f.equal("too young", f.sweep(-1), 0)
			f.equal("removed", f.sweep(1), 2)
			for range 2 {
				f.equal("left", f.events(store.Filter{}), []string{"pending", "dead"})
				f.equal("counts", []int{f.count().Pending, f.count().Dead}, []int{1, 1})
				f.reopen()
			}
			if _, err := f.store.Event(f.Context(), "done"); !errors.Is(err, store.ErrNotFound) {
				f.Fatalf("got %v, want ErrNotFound", err)
			}
			f.must(f.store.Drop(f.Context(), "dead", "hook"))
			f.equal("removed after the drop", f.sweep(1), 1)
			f.settle(f.claim(0)[0], store.Done)
			f.equal("removed at last", f.sweep(1), 1)
			f.queue(false, "new")
			f.equal("events", f.events(store.Filter{}), []string{"new"})
		},
		"sweeping goes through thousands of events, past those that stay": func(f *fixture) {
			for range 4 {
				c := store.Commit{}
				for range 500 {
					c.Append = append(c.Append, store.Append{Event: event("gone")})
				}
				f.commit(c)
				f.queue(false, "kept")
			}
			f.equal("removed", f.sweep(1), 2000)
			f.equal("left", len(f.events(store.Filter{})), 4)
		},
	}
}

func (f *fixture) sweep(hours int) int {
	f.Helper()
	removed, err := f.store.Sweep(f.Context(), f.in(hours))
	f.must(err)
	return removed
}
