package http_test

import (
	"fmt"
	nethttp "net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// S5: of ten sources of three pages each on a server that grants ten requests a minute, all get their turn,
// and the server never has to refuse more than once: where there is time enough no poll begins in vain, and
// where each is asked for three times as often as the server has answers, none starves.
func TestTenSourcesOnOneServerNeverExceedItAndNoneStarves(t *testing.T) {
	for name, tell := range dialects {
		for _, test := range []struct {
			timing          string
			requests, polls int // at most, and of each source at least, in 20 minutes
		}{
			{"every = \"5m\"\ntimeout = \"2m\"", 125, 4},
			{"every = \"1m\"\ntimeout = \"20s\"", 190, 4},
		} {
			t.Run(name+" "+test.timing[:len("every = '5m'")], func(t *testing.T) {
				in(t, func(w *world) {
					server := w.limited(10, time.Minute, threePages)
					server.tell = tell
					outcomes := w.loop(tenSources("", test.timing+"\npage \"link\" {}"), 20*time.Minute)
					synctest.Wait()
					if server.refused > 1 || len(server.asked) > test.requests {
						w.Errorf("the server refused %d of %d requests", server.refused, len(server.asked))
					}
					w.each(outcomes, test.polls, 0)
				})
			})
		}
	}
}

// S5: a server that says nothing of its limits but when it refuses is left alone by all of them then.
func TestARefusalStopsAllSourcesOfTheServer(t *testing.T) {
	in(t, func(w *world) {
		server := w.limited(10, time.Minute, func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(1)) })
		outcomes := w.loop(tenSources("", `every = "20s"`), 10*time.Minute)
		synctest.Wait()
		if server.refused > 12 { // about one in each minute
			w.Errorf("the server refused %d of %d requests", server.refused, len(server.asked))
		}
		w.each(outcomes, 5, 1)
	})
}

// S5: sources that name a budget are together never faster than it allows, wherever they ask.
func TestABudgetIsNeverExceeded(t *testing.T) {
	in(t, func(w *world) {
		server := w.limited(1000, time.Minute, threePages)
		head := "budget \"all\" {\n rate = \"30/min\"\n}"
		outcomes := w.loop(tenSources(head, "every = \"1m\"\nbudget = budget.all\npage \"link\" {}"), 10*time.Minute)
		synctest.Wait()
		for i := 1; i < len(server.asked); i++ {
			if gap := server.asked[i].Sub(server.asked[i-1]); gap < 2*time.Second-time.Millisecond {
				w.Errorf("two requests within %s", gap)
			}
		}
		if len(server.asked) < 295 {
			w.Errorf("%d requests in ten minutes", len(server.asked))
		}
		w.each(outcomes, 8, 0)
	})
}

// limits answers the page with these headers.
func limits(body string, pairs ...string) nethttp.HandlerFunc {
	return func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
		for i := 0; i < len(pairs); i += 2 {
			rw.Header().Set(pairs[i], pairs[i+1])
		}
		answerJSON(rw, body)
	}
}

// S4: the next poll comes when the server has something left, or when it asked to be polled again.
func TestTheNextPollIsNotSoonerThanTheServersLimitsAllow(t *testing.T) {
	for _, test := range []struct {
		pairs []string
		want  time.Duration
	}{
		{[]string{"RateLimit", `"a";r=0;t=59`}, time.Minute},
		{[]string{"RateLimit", `"a";r=1;t=59`}, 0},
		{[]string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "946685399"}, 10 * time.Minute},
		{[]string{"X-Poll-Interval", "90", "RateLimit", `"a";r=0;t=59`}, 90 * time.Second},
		{[]string{"Retry-After", "30"}, 30 * time.Second},
	} {
		in(t, func(w *world) {
			w.serve("api.test", limits(ids(1), test.pairs...))
			if p := w.good(plain, bridge.Complete, "1"); p.Outcome.NotBefore != test.want {
				t.Errorf("%q: not before %s, want %s", test.pairs, p.Outcome.NotBefore, test.want)
			}
		})
	}
}

// S4: GitHub refuses with 403 where its limit is used up.
func TestARefusalThatSaysWhenTheLimitEndsBearsThatWait(t *testing.T) {
	for _, code := range []int{403, 429} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				rw.Header().Set("X-RateLimit-Remaining", "0")
				rw.Header().Set("X-RateLimit-Reset", "946688399")
				rw.WriteHeader(code)
			})
			p, took := w.pollFor(time.Minute, plain)
			w.failed(p, fmt.Sprint(code))
			if bridge.Wait(p.Err) != time.Hour || took > 0 || len(w.asked) != 1 {
				w.Errorf("status %d: wait %s after %s and %d requests", code, bridge.Wait(p.Err), took, len(w.asked))
			}
		})
	}
}

// S5, H9: pages, retries and redirects each take from the budget, and the trace tells of it.
func TestEachRequestTakesFromTheBudgetAndTheTraceTellsOfIt(t *testing.T) {
	in(t, func(w *world) {
		tries := 0
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			tries++
			switch {
			case tries == 1:
				rw.WriteHeader(nethttp.StatusServiceUnavailable)
			case tries == 2:
				nethttp.Redirect(rw, r, "/moved", nethttp.StatusFound)
			case r.URL.RawQuery == "":
				rw.Header().Set("Link", `<?page=2>; rel="next"`)
				answerJSON(rw, ids(1))
			default:
				answerJSON(rw, ids(2))
			}
		})
		shared := budget.New(budget.Settings{Name: "budget.slow", Rate: 0.25})
		source := sourcetest.MustBuild(w.T, kind(), byLink, bridge.Env{
			Name: "tested", Temp: w.TempDir(), Dial: w.Dial, Budget: func(string) bridge.Budget { return shared },
		})
		p := sourcetest.Poll(w.Context(), source, nil)
		w.check(p, bridge.Complete, "1 2")
		var told []string
		for _, e := range p.Trace {
			told = append(told, fmt.Sprintf("%d %s %s", e.Status, e.Note, e.Duration))
		}
		if told[0] != "503 status 503 0s" || told[2] != "200 waited 4s: rate 0s" || len(told) != 3 ||
			!strings.HasSuffix(told[1], "waited 4s: rate; redirected to http://api.test/moved 0s") {
			w.Errorf("traced %q", told)
		}
	})
}

// S5: a poll whose turn has not come says so at once, and tells no secret.
func TestAPollWhoseTurnHasNotComeIsPutOff(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", limits(ids(1), "RateLimit", `"a";r=0;t=599`))
		source := w.build(plain + "query = { k = env(\"T\") }")
		w.check(sourcetest.Poll(w.Context(), source, nil), bridge.Complete, "1")
		p := sourcetest.Poll(w.Context(), source, nil)
		w.failed(p, "fetch page 1: GET http://api.test/items: http://api.test:80 allows no request for 10m0s (RateLimit)")
		if !bridge.IsPutOff(p.Err) || bridge.Wait(p.Err) != 10*time.Minute || len(w.asked) != 1 {
			w.Errorf("%v, wait %s, asked %q", p.Err, bridge.Wait(p.Err), w.asked)
		}
		if told := fmt.Sprint(p.Err, p.Trace); strings.Contains(told, sourcetest.Marker) || len(p.Trace) != 1 || !p.Trace[0].Unsent {
			w.Errorf("told %s", told)
		}
	})
}
