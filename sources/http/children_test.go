package http_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	nethttp "net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

const comments = `
	url   = "http://api.test/tickets/${each.key}/comments"
	items = body.data
	key   = "${each.key}/${item.id}"
`

// tickets are the items of another source.
func tickets(keys ...string) func(context.Context, string) iter.Seq2[bridge.Item, error] {
	return func(_ context.Context, source string) iter.Seq2[bridge.Item, error] {
		return func(yield func(bridge.Item, error) bool) {
			body := make([]byte, 0, 64)
			for i, key := range keys {
				body = fmt.Appendf(body[:0], `{"team":"t%d","owner":{"mail":"%s@x.test"}}`, i, key)
				if !yield(bridge.Item{Key: key, Body: body}, nil) {
					return
				}
			}
			if source != "tickets" {
				yield(bridge.Item{}, errors.New("no such source"))
			}
		}
	}
}

// forEach builds a source that lists for each of the tickets.
func (w *world) forEach(config string, items func(context.Context, string) iter.Seq2[bridge.Item, error]) bridge.Source {
	w.Helper()
	return sourcetest.MustBuild(w.T, http.Kind(), config, bridge.Env{
		Name: "tested", Version: "1.2.3", Temp: w.TempDir(), Dial: w.Dial, ForEach: "tickets", Items: items,
	})
}

// sortedKeys returns the keys in a fixed order, since children are listed at the same time.
func sortedKeys(p sourcetest.Polled) string {
	keys := strings.Fields(p.Keys())
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// serveSafely is serve for requests at the same time.
func (w *world) serveSafely(handler nethttp.HandlerFunc) { w.serveAt("api.test", handler) }

func (w *world) serveAt(host string, handler nethttp.HandlerFunc) {
	w.Helper()
	var mu sync.Mutex
	w.Serve(w.T, host+":80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
		mu.Lock()
		w.note(r.Method + " " + r.Host + r.URL.RequestURI())
		mu.Unlock()
		handler(rw, r)
	}))
}

// H8: one listing for each known item of another source, over all pages, complete together.
func TestEachItemOfAnotherSourceHasAListingOfItsOwn(t *testing.T) {
	in(t, func(w *world) {
		w.serveSafely(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if strings.Contains(r.URL.Path, "/b/") && r.URL.Query().Get("page") == "" {
				rw.Header().Set("Link", `<?page=2>; rel="next"`)
			}
			answerJSON(rw, `{"data":`+ids(1+len(r.URL.Query().Get("page")))+`}`)
		})
		p := sourcetest.Poll(w.Context(), w.forEach(comments+"page \"link\" {}", tickets("a", "b", "c")), nil)
		if p.Err != nil || p.Outcome.Coverage != bridge.Complete || sortedKeys(p) != "a/1 b/1 b/2 c/1" {
			w.Errorf("%v with %q, %v", p.Outcome.Coverage, sortedKeys(p), p.Err)
		}
		slices.Sort(w.asked)
		w.requests("GET api.test/tickets/a/comments", "GET api.test/tickets/b/comments",
			"GET api.test/tickets/b/comments?page=2", "GET api.test/tickets/c/comments")
		if len(p.Trace) != 4 {
			w.Errorf("traced %+v", p.Trace)
		}
		none := sourcetest.Poll(w.Context(), w.forEach(comments, tickets()), nil)
		w.check(none, bridge.Complete, "")
	})
}

// H8: each.key and each.item stand in url, query, headers and body, and in the key.
func TestEachMayStandInEveryPartOfARequest(t *testing.T) {
	in(t, func(w *world) {
		w.serveSafely(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			body := make([]byte, 100)
			n, _ := r.Body.Read(body)
			said := fmt.Sprintf("%s?%s %s %s", r.URL.Path, r.URL.RawQuery, r.Header.Get("X-Owner"), body[:n])
			if want := `/x y/t0?fixed=1&mail=x+y%40x.test x y@x.test {"n":7,"of":"x y"}`; said != want {
				w.Errorf("asked %s\nwant  %s", said, want)
			}
			answerJSON(rw, ids(1))
		})
		p := sourcetest.Poll(w.Context(), w.forEach(`
			url     = "http://api.test/${urlencode(each.key)}/${each.item.team}"
			method  = "POST"
			query   = { mail = each.item.owner.mail, none = each.item.none, fixed = 1 }
			headers = { X-Owner = each.item.owner.mail, X-None = each.item.none }
			body    = { of = each.key, n = 7 }
			key     = "${each.item.team}-${item.id}"
		`, tickets("x y")), nil)
		w.check(p, bridge.Complete, "t0-1")
	})
}

// H8: bounded.
func TestNoMoreThanFourListingsAreUnderWay(t *testing.T) {
	in(t, func(w *world) {
		var mu sync.Mutex
		running, most := 0, 0
		w.serveSafely(func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			answerJSON(rw, `{"data":`+ids(1)+`}`)
		})
		began := time.Now()
		p := sourcetest.Poll(w.Context(), w.forEach(comments, tickets(strings.Fields("a b c d e f g h i j k l")...)), nil)
		if took := time.Since(began); len(p.Items) != 12 || most != 4 || took > 4*time.Second {
			w.Errorf("%d items, %d at once, in %s: %v", len(p.Items), most, time.Since(began), p.Err)
		}
		synctest.Wait()
		if open := w.Open(); open != 0 {
			w.Errorf("%d connections are left open", open)
		}
	})
}

// P4, H8: stale beats partial.
func TestOneListingThatFailsFailsThePoll(t *testing.T) {
	in(t, func(w *world) {
		w.serveSafely(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if strings.Contains(r.URL.Path, "/b/") {
				nethttp.NotFound(rw, r)
				return
			}
			answerJSON(rw, `{"data":`+ids(1)+`}`)
		})
		w.failed(sourcetest.Poll(w.Context(), w.forEach(comments, tickets("a", "b", "c")), nil), `for each "b"`, "404")
	})
}

// H4, H8: a rule may take a child for one without items, or give up the whole poll: a part proves nothing.
func TestARuleDecidesAboutAListingThatFails(t *testing.T) {
	for action, want := range map[string]bridge.Coverage{"empty": bridge.Complete, "skip": bridge.Skipped} {
		in(t, func(w *world) {
			w.serveSafely(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				if strings.Contains(r.URL.Path, "/b/") {
					nethttp.NotFound(rw, r)
					return
				}
				answerJSON(rw, `{"data":`+ids(1)+`}`)
			})
			rule := "response {\n status = [404]\n action = \"" + action + "\"\n}"
			p := sourcetest.Poll(w.Context(), w.forEach(comments+rule, tickets("a", "b", "c")), nil)
			if p.Err != nil || p.Outcome.Coverage != want {
				w.Errorf("%s: %v, %v", action, p.Outcome.Coverage, p.Err)
			}
			if action == "empty" && sortedKeys(p) != "a/1 c/1" {
				w.Errorf("listed %q", p.Keys())
			}
		})
	}
}

// P4, H8: parents that cannot be read to the end prove nothing.
func TestParentsThatCannotBeReadFailThePoll(t *testing.T) {
	in(t, func(w *world) {
		w.serveSafely(func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, `{"data":`+ids(1)+`}`) })
		broken := func(ctx context.Context, _ string) iter.Seq2[bridge.Item, error] { return tickets("a")(ctx, "other") }
		w.failed(sourcetest.Poll(w.Context(), w.forEach(comments, broken), nil), `list source "tickets"`, "no such source")
		w.failed(sourcetest.Poll(w.Context(), w.forEach(comments, nil), nil), "no state")
	})
}

// P4: a child that was cut short makes the whole a window.
func TestOneListingThatIsCutShortMakesTheWholeAWindow(t *testing.T) {
	in(t, func(w *world) {
		w.serveSafely(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if strings.Contains(r.URL.Path, "/b/") {
				rw.Header().Set("Link", `<?page=2>; rel="next"`)
			}
			answerJSON(rw, `{"data":`+ids(1)+`}`)
		})
		p := sourcetest.Poll(w.Context(), w.forEach(comments+"page \"link\" {\n max = 1\n}", tickets("a", "b")), nil)
		if p.Err != nil || p.Outcome.Coverage != bridge.Window {
			w.Errorf("%v, %v", p.Outcome.Coverage, p.Err)
		}
	})
}

// The contract of yield, with listings under way at the same time.
func TestAnErrorOfYieldEndsAllListings(t *testing.T) {
	in(t, func(w *world) {
		w.serveSafely(func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, `{"data":`+ids(1, 2)+`}`) })
		stop, calls := errors.New("enough"), 0
		outcome, err := w.forEach(comments, tickets("a", "b", "c", "d")).Poll(w.Context(), nil, func(bridge.Item) error {
			calls++
			return stop
		})
		if err != stop || calls != 1 || outcome.Cursor != nil {
			w.Errorf("%v after %d items: %+v", err, calls, outcome)
		}
	})
}

func TestADeadlineEndsAllListings(t *testing.T) {
	in(t, func(w *world) {
		w.serveSafely(func(_ nethttp.ResponseWriter, r *nethttp.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		p := sourcetest.Poll(ctx, w.forEach(comments, tickets("a", "b", "c", "d", "e", "f")), nil)
		if !errors.Is(p.Err, context.DeadlineExceeded) {
			w.Errorf("error %v", p.Err)
		}
	})
}

// H7: no item of another source leads credentials elsewhere, or out of the path.
func TestAValueInTheURLLeadsNowhereElse(t *testing.T) {
	for key, words := range map[string][]string{
		"../../admin": {"out of its path"},
		"a#b":         {"urlencode"},
		"a?b= c":      {"urlencode"},
		"%zz":         {"urlencode"},
	} {
		in(t, func(w *world) {
			w.serveSafely(func(_ nethttp.ResponseWriter, r *nethttp.Request) { w.Errorf("asked for %s", r.URL) })
			w.failed(sourcetest.Poll(w.Context(), w.forEach(comments, tickets(key)), nil), words...)
		})
	}
	in(t, func(w *world) {
		w.serveSafely(func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, `{"data":`+ids(1)+`}`) })
		p := sourcetest.Poll(w.Context(), w.forEach(comments, tickets("golang/go")), nil)
		w.check(p, bridge.Complete, "golang/go/1")
		w.requests("GET api.test/tickets/golang/go/comments")
	})
}

// No secret beside a value shows, whatever the server answers.
func TestASecretBesideAValueIsHidden(t *testing.T) {
	for _, config := range []string{
		"url = \"http://api.test/${urlencode(env(\"T\"))}/${each.key}\"\nkey = \"${each.key}/${item.id}\"",
		"url = \"http://api.test/\"\nquery = { q = \"${env(\"T\")}${each.key}\" }\nkey = \"${each.key}/${item.id}\"",
		"url = \"http://api.test/\"\nheaders = { X-Q = \"${env(\"T\")}${each.key}\" }\nkey = \"${each.key}/${item.id}\"",
		"url = \"http://api.test/\"\nmethod = \"POST\"\nbody = { q = \"${env(\"T\")} ${each.key}\" }\nkey = \"${each.key}/${item.id}\"",
	} {
		in(t, func(w *world) {
			w.serveSafely(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				body := make([]byte, 200)
				n, _ := r.Body.Read(body)
				plain, _ := url.QueryUnescape(r.URL.RawQuery)
				said := fmt.Sprint(string(body[:n]), r.Header.Get("X-Q"), r.URL.Path, r.URL, plain)
				nethttp.Error(rw, said, nethttp.StatusBadRequest)
			})
			p := sourcetest.Poll(w.Context(), w.forEach(config, tickets("a")), nil)
			w.failed(p, "400", "(sensitive)")
			if told := fmt.Sprint(p.Err, p.Trace); strings.Contains(told, sourcetest.Marker) {
				w.Errorf("%s\ntells %s", config, told)
			}
		})
	}
}
