package storetest

import (
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

func standingTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"nothing is known of a sink at first": func(f *fixture) {
			f.equal("standing", f.standing(), store.Standing{})
		},
		"where a sink stands outlives a restart, with the events that tell of it": func(f *fixture) {
			now := store.Standing{Paused: moment(1), Disabled: moment(2), Failing: moment(3), Reason: "status 410"}
			f.must(f.store.Stand(f.Context(), "hook", now, news("n1")))
			f.reopen()
			f.equal("standing", f.standing(), now)
			f.equal("told", ids(f.claim(1)), []string{"n1"})
			f.must(f.store.Stand(f.Context(), "hook", store.Standing{}, nil))
			f.equal("standing afterwards", f.standing(), store.Standing{})
		},
		"an outcome brings along where the sink stands and what tells of it": func(f *fixture) {
			f.queue(false, "a1")
			now := store.Standing{Disabled: moment(2), Reason: "status 410"}
			d := f.claim(1)[0]
			outcome := store.Settlement{
				Delivery: d, Attempt: &store.Attempt{Status: 410}, Due: f.in(1), Standing: &now, Append: news("n1", "n2"),
			}
			f.must(f.store.Settle(f.Context(), []store.Settlement{outcome}))
			f.reopen()
			f.equal("standing", f.standing(), now)
			f.equal("pending", ids(f.claim(2)), []string{"n1", "n2", "a1"})
			f.equal("recorded", f.events(store.Filter{}), []string{"n2", "n1", "a1"})
		},
		"an outcome that was recorded before changes and tells nothing": func(f *fixture) {
			f.queue(false, "a1")
			d := f.claim(1)[0]
			f.settle(d, store.Done)
			again := store.Settlement{
				Delivery: d, Attempt: &store.Attempt{Status: 410}, Due: f.in(0),
				Standing: &store.Standing{Reason: "late"}, Append: news("n1"),
			}
			f.must(f.store.Settle(f.Context(), []store.Settlement{again}))
			f.equal("standing", f.standing(), store.Standing{})
			f.equal("recorded", f.events(store.Filter{}), []string{"a1"})
		},
	}
}

func bindTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"a batch stays together over restarts, whatever else is due": func(f *fixture) {
			f.queue(false, "a1", "b1", "c1")
			claimed := f.claim(0)
			f.must(f.store.Release(f.Context(), claimed[2:]))
			f.must(f.store.Bind(f.Context(), claimed[:2], store.Batch{ID: "bat_1", Size: 2}, f.in(0)))
			f.equal("while it is bound", ids(f.claim(1)), []string{"c1"})
			f.reopen()
			f.equal("bound", batches(f.claim(1)), []string{"c1 ", "a1 bat_1", "b1 bat_1"})
		},
		"a batch that failed is due as one, and ends with its deliveries": func(f *fixture) {
			f.queue(true, "a1", "b1")
			claimed := f.claim(0)
			f.must(f.store.Bind(f.Context(), claimed, store.Batch{ID: "bat_1", Size: 2}, f.in(0)))
			f.postpone(claimed[0], 2)
			f.postpone(claimed[1], 2)
			f.equal("before it is due", batches(f.claim(1)), []string{})
			claimed = f.claim(3)
			f.equal("when it is due", batches(claimed), []string{"a1 bat_1", "b1 bat_1"})
			f.settle(claimed[0], store.Buried)
			f.settle(claimed[1], store.Done)
			f.equal("redelivered", f.redeliver("a1", "b1"), 2)
			f.equal("afterwards", batches(f.claim(3)), []string{"a1 ", "b1 "})
		},
		"what is not pending is bound to nothing, and nothing with it": func(f *fixture) {
			f.queue(false, "a1", "b1")
			claimed := f.claim(0)
			f.settle(claimed[0], store.Done)
			if err := f.store.Bind(f.Context(), claimed, store.Batch{ID: "bat_1", Size: 2}, f.in(0)); err == nil {
				f.Fatal("a delivery that is done was bound")
			}
			f.must(f.store.Release(f.Context(), claimed[1:]))
			f.equal("the other one", batches(f.claim(1)), []string{"b1 "})
		},
	}
}

func (f *fixture) standing() store.Standing {
	f.Helper()
	standing, err := f.store.Standing(f.Context(), "hook")
	f.must(err)
	return standing
}

func moment(n int) time.Time { return time.Date(2026, 5, n, 1, 2, 3, 4, time.UTC) }

// news are events for the sink "hook" itself.
func news(ids ...string) (all []store.Append) {
	for _, id := range ids {
		e := event(id)
		all = append(all, store.Append{Event: e, To: []store.Target{{Sink: "hook"}}})
	}
	return all
}

func batches(all []store.Delivery) []string {
	names := []string{}
	for _, d := range all {
		names = append(names, d.Event.ID+" "+d.Batch.ID)
	}
	return names
}
