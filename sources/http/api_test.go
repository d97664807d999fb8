package http_test

import (
	"fmt"
	nethttp "net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/sinks/webhook"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// An api is an example of the folder examples, whose hosts are servers of the test.
type api struct {
	*world
	source bridge.Source
	at     bridge.Cursor
}

// example loads an example of one source.
func (w *world) example(name string) *api {
	w.Helper()
	for _, source := range w.examples(name, bridge.Env{}) {
		return &api{world: w, source: source}
	}
	return nil
}

// examples loads an example, over plain HTTP, and returns its sources by name.
func (w *world) examples(name string, env bridge.Env) map[string]bridge.Source {
	w.Helper()
	dir := plainExample(w.T, name)
	env.Dial, env.Temp = w.Dial, w.TempDir()
	c, diags := config.Load(dir, config.Options{
		Kinds: config.Kinds{
			Sources: []bridge.Kind[bridge.Source]{http.Kind()}, Sinks: []bridge.Kind[bridge.Sink]{webhook.Kind()},
		},
		Getenv: func(name string) (string, bool) {
			return "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", !strings.HasPrefix(name, "GITLAB_P") && name != "STATE_DIRECTORY"
		},
		Env: env,
	})
	if diags.HasErrors() {
		w.Fatal(diags)
	}
	sources := map[string]bridge.Source{}
	for _, settings := range c.Sources {
		sources[settings.Name] = settings.Source
	}
	return sources
}

func (a *api) next(coverage bridge.Coverage, keys string) sourcetest.Polled {
	a.Helper()
	p := sourcetest.Poll(a.Context(), a.source, a.at)
	a.check(p, coverage, keys)
	if p.Err == nil {
		a.at = p.Outcome.Cursor
	}
	return p
}

func TestGitLabIsReadByItsKeysetLinks(t *testing.T) {
	in(t, func(w *world) {
		w.serve("gitlab.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			after, _ := strconv.Atoi(r.URL.Query().Get("id_after"))
			if after < 4 {
				rw.Header().Set("Link", fmt.Sprintf(`<http://gitlab.com/api/v4/projects?id_after=%d&order_by=id&pagination=keyset>; rel="next"`, after+2))
			}
			if r.Header.Get("PRIVATE-TOKEN") == "" {
				rw.WriteHeader(nethttp.StatusUnauthorized)
				return
			}
			if after == 4 {
				answerJSON(rw, "[]")
				return
			}
			answerJSON(rw, ids(after+1, after+2))
		})
		w.example("gitlab").next(bridge.Complete, "1 2 3 4")
	})
}

// H1: has_more tells the last page, also where it is exactly full.
func TestAListInTheMannerOfStripeIsReadByItsLastID(t *testing.T) {
	in(t, func(w *world) {
		all := []int{9, 8, 7, 6}
		w.serve("api.payments.example.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			from := 0
			for i, id := range all {
				if r.URL.Query().Get("starting_after") == fmt.Sprint("ch_", id) {
					from = i + 1
				}
			}
			data := []object{}
			for _, id := range all[from:min(from+2, len(all))] {
				data = append(data, object{"id": fmt.Sprint("ch_", id)})
			}
			write(rw, object{"object": "list", "data": data, "has_more": from+2 < len(all)})
		})
		a := w.example("stripe-like")
		a.next(bridge.Complete, "ch_9 ch_8 ch_7 ch_6")
		all = nil
		a.next(bridge.Complete, "")
		w.requests("GET api.payments.example.com/v1/charges?limit=100",
			"GET api.payments.example.com/v1/charges?limit=100&starting_after=ch_8", "GET api.payments.example.com/v1/charges?limit=100")
	})
}

func TestHubSpotIsReadByItsPaging(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.hubapi.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("after") == "" {
				answerJSON(rw, `{"results":[{"id":"1"},{"id":"51"}],"paging":{"next":{"after":"52","link":"http://api.hubapi.com/…"}}}`)
				return
			}
			answerJSON(rw, `{"results":[{"id":"52"}]}`)
		})
		w.example("hubspot").next(bridge.Complete, "1 51 52")
	})
}

// H1: a page beyond the last is a 400 here.
func TestWordPressIsReadAsFarAsItsHeaderSays(t *testing.T) {
	for total, want := range map[int]string{0: "", 1: "1", 3: "1 2 3"} {
		in(t, func(w *world) {
			w.serve("blog.example.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				number, _ := strconv.Atoi(r.URL.Query().Get("page"))
				rw.Header().Set("X-WP-TotalPages", strconv.Itoa(total))
				if number > max(total, 1) {
					rw.WriteHeader(nethttp.StatusBadRequest)
					return
				}
				if total == 0 {
					answerJSON(rw, "[]")
					return
				}
				answerJSON(rw, ids(number))
			})
			w.example("wordpress").next(bridge.Complete, want)
		})
	}
}

func TestShopifyIsReadByItsLinkAsItIs(t *testing.T) {
	in(t, func(w *world) {
		w.serve("example.myshopify.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("page_info") != "" {
				answerJSON(rw, `{"orders":[{"id":2,"updated_at":"2000-01-01T01:00:00+02:00"}]}`)
				return
			}
			rw.Header().Set("Link", `<http://example.myshopify.com/admin/api/2026-07/orders.json?limit=250&page_info=hijgklmn>; rel="next"`)
			answerJSON(rw, `{"orders":[{"id":1,"updated_at":"1999-12-31T17:30:00-05:00"}]}`)
		})
		a := w.example("shopify")
		a.next(bridge.Changes, "1 2")
		a.next(bridge.Changes, "1 2")
		const list = "GET example.myshopify.com/admin/api/2026-07/orders.json?limit=250&order=updated_at+asc&status=any&updated_at_min="
		const second = "GET example.myshopify.com/admin/api/2026-07/orders.json?limit=250&page_info=hijgklmn"
		w.requests(list+"1999-11-02T00%3A00%3A00Z", second, list+"1999-12-31T22%3A55%3A00Z", second)
	})
}
