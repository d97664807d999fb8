package budget_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
)

// S5: a request that would come too late fails at once; one that comes in time waits.
func TestOnlyWhatFitsIntoThePollWaits(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		w.request("a", 0, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 39")
		w.putOff("b", 40*time.Second, "40s") // it has not begun
		ctx, cancel := context.WithTimeout(w.Context(), 39*time.Second)
		defer cancel()
		if _, err := w.Acquire(ctx, "a"); !bridge.IsPutOff(err) {
			t.Errorf("a second page after the deadline: %v", err)
		}
		w.ask("a")
		w.went("a@0s", "a@40s")
	})
}

// S5: what becomes known while a request waits counts for it as well.
func TestALineThatGrowsTooLongPutsOffWhoWaits(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		together(
			func() { w.request("a", 2*time.Second, 429, "Retry-After: 90") },
			func() {
				if _, err := w.acquire("b"); bridge.Wait(err) != 90*time.Second || time.Since(w.began) != 2*time.Second {
					t.Errorf("%v after %s", err, time.Since(w.began))
				}
			},
		)
	})
}

func TestACancelledRequestLeavesTheLine(t *testing.T) {
	in(t, budget.Settings{Rate: 0.25}, func(w *world) {
		w.ask("a")
		ctx, cancel := context.WithCancel(w.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := w.Acquire(ctx, "b"); !errors.Is(err, context.Canceled) || time.Since(w.began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(w.began))
		}
		if _, err := w.Acquire(ctx, "b"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		w.ask("c")
		w.went("a@0s", "c@4s")
	})
}

func TestAPermitTellsWhatItWaitedFor(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		w.request("a", 0, 200, "RateLimit: \"a\";r=0;t=2")
		permit, err := w.acquire("a")
		if err != nil {
			t.Fatal(err)
		}
		if wait, reason := permit.Waited(); wait != 3*time.Second || reason != "RateLimit" {
			t.Errorf("waited %s for %s", wait, reason)
		}
		permit.Observe(200, http.Header{})
		permit.Observe(429, http.Header{"Retry-After": {"60"}}) // once is enough
		w.ask("a")
	})
}

// S5: a budget is shared by its name and settings, and what a process has seen of servers does not pile up.
func TestARegistryHoldsOneBudgetEachAndDropsWhatNobodyMisses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := budget.NewRegistry()
		host := r.Host("https://a.test:443")
		named := budget.Settings{Name: "budget.a", Rate: 1}
		shared := r.Get(named)
		if r.Host("https://a.test:443") != host || r.Get(named) != shared || r.Host("https://b.test:443") == host {
			t.Error("budgets are mixed up")
		}
		permit, err := host.Acquire(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		permit.Observe(429, http.Header{"Retry-After": {"600"}})
		idle := r.Host("https://idle.test:443")
		for i := range 10_000 {
			r.Host(fmt.Sprint(i))
		}
		if r.Host("https://a.test:443") != host || r.Host("https://idle.test:443") == idle {
			t.Error("what is known was dropped, or what is not was kept")
		}
	})
}
