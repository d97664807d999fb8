package http_test

import (
	"context"
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

// slow builds a source whose requests, those for tokens included, take from one budget.
func (w *world) slow(config string, rate float64) bridge.Source {
	w.Helper()
	shared := budget.New(budget.Settings{Name: "budget.slow", Rate: rate})
	return sourcetest.MustBuild(w.T, kind(), config, bridge.Env{
		Name: "tested", Temp: w.TempDir(), Dial: w.Dial, Keep: w.keep, Budget: func(string) bridge.Budget { return shared },
	})
}

func told(trace []bridge.Exchange) string {
	var lines []string
	for _, e := range trace {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %d %s %s", e.Page, e.For, e.Method, e.URL, e.Status, e.Duration, e.Note)))
	}
	return strings.Join(lines, "\n")
}

// S5, H9: a request for a token takes from the budget as any other, while its poll holds no permit, and the trace
// tells its server and its status.
func TestARequestForATokenTakesFromTheBudgetAndIsTold(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			time.Sleep(time.Second)
			server.ServeHTTP(rw, r)
		}))
		source := w.slow(byRefresh, 0.25)
		p := sourcetest.Poll(w.Context(), source, nil)
		w.check(p, bridge.Complete, "1")
		want := "1 oauth2 POST http://api.test 200 1s\n1  GET http://api.test/items 200 1s waited 3s: rate"
		if got := told(p.Trace); got != want {
			w.Errorf("traced\n%s\nwant\n%s", got, want)
		}
		server.revoke()
		p = sourcetest.Poll(w.Context(), source, nil)
		w.check(p, bridge.Complete, "1")
		want = "1  GET http://api.test/items 401 1s waited 3s: rate; status 401 (look at auth)\n" +
			"1 oauth2 POST http://api.test 200 1s waited 3s: rate\n1  GET http://api.test/items 200 1s waited 3s: rate"
		if got := told(p.Trace); got != want {
			w.Errorf("traced\n%s\nwant\n%s", got, want)
		}
	})
}

// H9: neither what a login sends nor what it gets is told, even where it fails.
func TestALoginIsToldByItsServerAndStatusAlone(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			rw.Header().Set("RateLimit", fmt.Sprintf("%q;r=5;t=9", sourcetest.Secret))
			rw.WriteHeader(nethttp.StatusTeapot)
			_ = r.Write(rw)
		})
		p := w.bad(listed+`auth "login" {
			url   = "http://api.test/${urlencode(env("T"))}?x=${urlencode(env("T"))}"
			body  = { password = env("T") }
			token = body.token
		}`, "log in at http://api.test", "418")
		if got := told(p.Trace); !strings.HasPrefix(got, "1 login POST http://api.test 418 0s\n1  GET http://api.test/items 0 ") {
			w.Errorf("traced\n%s", got)
		}
		if text := fmt.Sprint(p.Err, p.Trace); strings.Contains(text, sourcetest.Marker) || !strings.Contains(text, "5 requests left") {
			w.Errorf("told %s", text)
		}
	})
}

// A token that runs out while the request waits in line is had anew, a few times.
func TestATokenThatRunsOutInLineIsHadAnew(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(3)
		w.Serve(w.T, "api.test:80", server)
		p := sourcetest.Poll(w.Context(), w.slow(byClient, 0.25), nil)
		w.check(p, bridge.Complete, "1")
		server.granted(w.T, "client_credentials, client_credentials, client_credentials")
	})
}

// What one source was put off for is nothing to another one that waited for the same token: each asks in its turn.
func TestWhoWaitedForATokenThatWasPutOffAsksItself(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		w.Serve(w.T, "api.test:80", server)
		refer := sourcetest.Share(w.T, byClient[strings.Index(byClient, "auth"):])
		build := func(name string, from bridge.Budget) bridge.Source {
			return sourcetest.MustBuild(w.T, kind(), listed+"auth = auth.shared", bridge.Env{
				Name: name, Temp: w.TempDir(), Dial: w.Dial, Refer: refer, Budget: func(string) bridge.Budget { return from },
			})
		}
		one, other := build("one", delayed{time.Second}), build("other", budget.New(budget.Settings{Name: "free"}))
		ended := make(chan error, 1)
		go func() { ended <- sourcetest.Poll(w.Context(), one, nil).Err }()
		synctest.Wait()
		p := sourcetest.Poll(w.Context(), other, nil)
		w.check(p, bridge.Complete, "1")
		if err := <-ended; !bridge.IsPutOff(err) {
			w.Errorf("%v", err)
		}
	})
}

// delayed puts every request off, after a while.
type delayed struct{ time.Duration }

func (d delayed) Acquire(ctx context.Context, _ string) (bridge.Permit, error) {
	select {
	case <-time.After(d.Duration):
	case <-ctx.Done():
	}
	return nil, bridge.PutOff(fmt.Errorf("not now"), time.Minute)
}

func (delayed) Wait(string) time.Duration { return 0 }
func (delayed) Leave(string)              {}

// S5: where tokens come from the server of the API, the requests for them count, and still all sources get their
// turn: nobody holds a permit while waiting for a token.
func TestTenSourcesWhoseTokensCountNeverExceedTheServer(t *testing.T) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared %t", shared), func(t *testing.T) {
			in(t, func(w *world) {
				tokens := newIssuer(30)
				server := w.limited(10, time.Minute, tokens.ServeHTTP)
				server.tell = dialects["RateLimit"]
				auth := byClient[strings.Index(byClient, "auth"):]
				head, own := "", auth
				if shared {
					head, own = strings.Replace(auth, `"oauth2"`, `"oauth2" "shared"`, 1), "auth = auth.shared"
				}
				outcomes := w.loop(tenSources(head, "every = \"4m\"\ntimeout = \"2m\"\n"+own), 20*time.Minute)
				synctest.Wait()
				if server.refused > 1 {
					w.Errorf("the server refused %d of %d requests", server.refused, len(server.asked))
				}
				w.each(outcomes, 4, 0)
			})
		})
	}
}

// H9: who waits for a token that another source asks for is told that, and nothing of a request.
func TestAWaitForTheTokenOfAnotherSourceIsTold(t *testing.T) {
	in(t, func(w *world) {
		server := newIssuer(600)
		server.answered = func() { time.Sleep(2 * time.Second) }
		w.Serve(w.T, "api.test:80", server)
		refer := sourcetest.Share(w.T, byClient[strings.Index(byClient, "auth"):])
		build := func(name string) bridge.Source {
			return sourcetest.MustBuild(w.T, kind(), listed+"auth = auth.shared", bridge.Env{
				Name: name, Temp: w.TempDir(), Dial: w.Dial, Refer: refer,
			})
		}
		one, other := build("one"), build("other")
		ended := make(chan error, 1)
		go func() { ended <- sourcetest.Poll(w.Context(), one, nil).Err }()
		synctest.Wait()
		p := sourcetest.Poll(w.Context(), other, nil)
		w.check(p, bridge.Complete, "1")
		if got := told(p.Trace); got != "1  GET http://api.test/items 200 0s waited 2s: a token that another source asked for" {
			w.Errorf("traced\n%s", got)
		}
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
}
