package budget_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
)

// world is a budget in a bubble of time, and what was let go when.
type world struct {
	*testing.T
	*budget.Budget
	began time.Time

	mu    sync.Mutex
	order []string
}

func in(t *testing.T, s budget.Settings, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if s.Name == "" {
			s.Name = "http://api.test:80"
		}
		test(&world{T: t, Budget: budget.New(s), began: time.Now()})
	})
}

// acquire waits for at most a minute.
func (w *world) acquire(source string) (bridge.Permit, error) {
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	defer cancel()
	return w.Acquire(ctx, source)
}

// request makes one request, which takes so long, and gets this answer.
func (w *world) request(source string, takes time.Duration, status int, head string) {
	w.Helper()
	permit, err := w.acquire(source)
	if err != nil {
		w.Errorf("%s: %v", source, err)
		return
	}
	w.mu.Lock()
	w.order = append(w.order, fmt.Sprintf("%s@%s", source, time.Since(w.began).Round(time.Millisecond)))
	w.mu.Unlock()
	time.Sleep(takes)
	permit.Observe(status, header(head))
}

// ask is a request that is answered at once, and well.
func (w *world) ask(source string) { w.request(source, 0, 200, "") }

func (w *world) went(want ...string) {
	w.Helper()
	if !slices.Equal(w.order, want) {
		w.Errorf("went %q, want %q", w.order, want)
	}
}

// putOff wants a request to be put off for so long, and to say so.
func (w *world) putOff(source string, wait time.Duration, words string) {
	w.Helper()
	began := time.Now()
	_, err := w.acquire(source)
	if !bridge.IsPutOff(err) || bridge.Wait(err).Round(time.Second) != wait || time.Since(began) > 0 {
		w.Errorf("%s: %v after %s, with a wait of %s, want %s", source, err, time.Since(began), bridge.Wait(err), wait)
	} else if !strings.Contains(err.Error(), words) {
		w.Errorf("%s: %q does not say %q", source, err, words)
	}
}

// together runs the requests side by side, each begun a millisecond after the one before.
func together(requests ...func()) {
	var all sync.WaitGroup
	for _, request := range requests {
		all.Go(request)
		time.Sleep(time.Millisecond)
	}
	all.Wait()
}

// S5: all sources together are never faster than the rate, and take turns.
func TestARateIsNeverExceededAndGoesRound(t *testing.T) {
	in(t, budget.Settings{Rate: 1}, func(w *world) {
		w.ask("first")
		again := func(source string) func() {
			return func() { w.ask(source); w.ask(source) }
		}
		together(again("a"), again("b"))
		w.went("first@0s", "a@1s", "a@2s", "b@3s", "b@4s")
	})
}

// S5: a long listing goes back to the end of the line, so that a short one need not wait for its end.
func TestALongListingLetsOthersGoBetween(t *testing.T) {
	in(t, budget.Settings{Rate: 10}, func(w *world) {
		together(func() {
			for range 25 {
				w.ask("long")
			}
		}, func() { w.ask("short") })
		place := slices.IndexFunc(w.order, func(s string) bool { return strings.HasPrefix(s, "short") })
		if place < 1 || place > 11 {
			t.Errorf("the short one came after %d requests", place)
		}
	})
}

// S4: when one is refused, all of them leave the server alone.
func TestARefusalHoldsEverybody(t *testing.T) {
	for _, status := range []int{429, 503, 403} {
		in(t, budget.Settings{}, func(w *world) {
			w.request("a", 0, status, "Retry-After: 4")
			w.ask("b")
			w.ask("c")
			w.went("a@0s", "b@4s", "c@4s")
			w.request("a", 0, status, "Retry-After: 120")
			w.Leave("a")
			w.putOff("a", 2*time.Minute, "http://api.test:80 allows no request for 2m0s (Retry-After)")
		})
	}
}

// S4: a server that refuses without a word is left alone for longer each time.
func TestRefusalsThatNameNoWaitMakeThePauseLonger(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		for range 4 {
			w.request("a", 0, 429, "")
		}
		w.ask("a")
		w.request("a", 0, 429, "")
		w.ask("a")
		w.went("a@0s", "a@1s", "a@3s", "a@7s", "a@15s", "a@15s", "a@16s")
	})
}

// S4: what the server does not grant is not asked for.
func TestWhatIsUsedUpIsNotAskedFor(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		w.request("a", 0, 200, "X-RateLimit-Remaining: 2\nX-RateLimit-Reset: 3")
		w.request("b", 0, 200, "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 3")
		if wait := w.Wait("b"); wait != 0 {
			t.Errorf("one is left, and b is to wait for %s", wait)
		}
		w.request("a", 0, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 3")
		if wait := w.Wait("b"); wait != 4*time.Second {
			t.Errorf("none is left, and b is to wait for %s", wait)
		}
		w.ask("c")
		w.went("a@0s", "b@0s", "a@0s", "c@4s")
	})
}

// S5: a share of what is left stays free, until there is a new window.
func TestAReserveStaysFree(t *testing.T) {
	in(t, budget.Settings{Name: "budget.github", Reserve: 0.25}, func(w *world) {
		for left := 9; left >= 3; left-- {
			w.request("a", 0, 200, fmt.Sprintf("X-RateLimit-Remaining: %d\nX-RateLimit-Reset: 3600", left))
		}
		w.Leave("a")
		w.putOff("a", time.Hour+time.Second, "budget.github allows no request for 1h0m1s (X-RateLimit)")
		time.Sleep(time.Hour + time.Second)
		w.request("a", 0, 200, "X-RateLimit-Remaining: 9\nX-RateLimit-Reset: 3600")
	})
}

// S5: as long as nothing is known of the server, and whenever a window is over, one goes ahead to find out.
func TestOneGoesAheadWhereNothingIsKnown(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		all := func() {
			one := func(source string) func() {
				return func() { w.request(source, time.Second, 200, "RateLimit: \"a\";r=1;t=2") }
			}
			together(one("a"), one("b"), one("c"))
		}
		all()
		time.Sleep(time.Minute - time.Since(w.began))
		all()
		w.went("a@0s", "b@1s", "c@2s", "a@1m0s", "b@1m1s", "c@1m2s")
	})
}

// S5: the one that went ahead and does not come back holds nobody for long.
func TestAServerThatHangsDoesNotHoldTheLine(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		hang := func(source string) func() {
			return func() { w.request(source, time.Minute, 0, "") }
		}
		together(hang("a"), hang("b"), hang("c"))
		w.went("a@0s", "b@5s", "c@10s")
	})
}

// S5: requests under way count, and answers that overtake each other do not make more of what is left.
func TestRequestsUnderWayAreCounted(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		w.request("first", 0, 200, "X-RateLimit-Remaining: 3\nX-RateLimit-Reset: 30")
		together(
			func() { w.request("slow", 3*time.Second, 200, "X-RateLimit-Remaining: 2\nX-RateLimit-Reset: 30") },
			func() { w.request("fast", 2*time.Second, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 30") },
			func() { w.request("third", time.Second, 200, "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 30") },
			func() { w.putOff("d", 31*time.Second, "X-RateLimit") },
		)
		w.putOff("e", 31*time.Second, "X-RateLimit")
		w.went("first@0s", "slow@0s", "fast@1ms", "third@2ms")
	})
}

// S5: what GitHub counts apart is counted apart.
func TestResourcesAreKeptApart(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		w.request("search", 0, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 40\nX-RateLimit-Resource: search")
		w.putOff("issues", 41*time.Second, "X-RateLimit") // nobody knows what it counts against
		time.Sleep(41 * time.Second)
		w.request("issues", 0, 200, "X-RateLimit-Remaining: 9\nX-RateLimit-Reset: 3600\nX-RateLimit-Resource: core")
		w.request("search", 0, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 40\nX-RateLimit-Resource: search")
		w.ask("issues")
		w.went("search@0s", "issues@41s", "search@41s", "issues@41s")
		w.Leave("search")
		w.putOff("search", 41*time.Second, "X-RateLimit")
	})
}

// S5: who was told to come back comes before those who came later.
func TestAPlaceIsKeptForWhoComesBack(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		w.request("a", 0, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 59")
		w.Leave("a")
		var waits []time.Duration
		for _, source := range []string{"b", "c", "a"} {
			_, err := w.acquire(source)
			waits = append(waits, bridge.Wait(err))
			w.Leave(source)
		}
		if !slices.IsSorted(waits) || waits[0] != time.Minute || waits[2]-waits[0] > time.Second {
			t.Errorf("waits %s", waits)
		}
		time.Sleep(time.Minute - 10*time.Millisecond)
		back := func(source string) func() {
			return func() { w.request(source, time.Second, 200, "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 1") }
		}
		together(back("a"), back("c"), back("b"))
		w.went("a@0s", "b@1m0s", "c@1m1s", "a@1m2s")
	})
}

// S5: a listing is not begun where its pages do not fit into the window and its time ends before the next one.
// How long it is, is known from its last poll, or else from those of others.
func TestAListingIsNotBegunInVain(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		for left := 9; left >= 7; left-- {
			w.request("a", 0, 200, fmt.Sprintf("X-RateLimit-Remaining: %d\nX-RateLimit-Reset: 89", left))
		}
		w.Leave("a")
		w.request("probe", 0, 200, "X-RateLimit-Remaining: 2\nX-RateLimit-Reset: 89")
		w.putOff("a", 90*time.Second, "X-RateLimit")
		w.putOff("new", 90*time.Second, "X-RateLimit")
		w.request("probe", 0, 200, "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 89")
		w.request("probe", 0, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 89")
		time.Sleep(91 * time.Second)
		w.went("a@0s", "a@0s", "a@0s", "probe@0s", "probe@0s", "probe@0s")
		w.ask("a")
	})
}

// S5: one that had its turn begins no new one while those who were told to come back are just coming.
func TestWhoIsJustComingBackIsLetGoFirst(t *testing.T) {
	in(t, budget.Settings{}, func(w *world) {
		w.request("a", 0, 200, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 59")
		w.Leave("a")
		w.putOff("b", time.Minute, "X-RateLimit")
		w.Leave("b")
		w.putOff("c", time.Minute, "X-RateLimit")
		w.Leave("c")
		time.Sleep(time.Minute)
		full := func(source string) func() {
			return func() { w.request(source, 0, 200, "X-RateLimit-Remaining: 9\nX-RateLimit-Reset: 59") }
		}
		together(full("a"), func() { time.Sleep(5 * time.Millisecond); full("c")() }) // b does not come
		w.went("a@0s", "c@1m0.006s", "a@1m0.006s")
	})
}
