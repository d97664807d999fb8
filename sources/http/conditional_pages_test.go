package http_test

import (
	"fmt"
	nethttp "net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// pagewise serves pages that name the next one in a Link header, each with an ETag of its own.
func pagewise(w *world, pages map[string]string) nethttp.HandlerFunc {
	return func(rw nethttp.ResponseWriter, r *nethttp.Request) {
		number := max(1, len(r.URL.Query().Get("page")))
		body, found := pages[fmt.Sprint(number)]
		if !found {
			nethttp.NotFound(rw, r)
			return
		}
		if _, more := pages[fmt.Sprint(number+1)]; more {
			rw.Header().Set("Link", fmt.Sprintf(`</items?page=%s>; rel="next"`, strings.Repeat("x", number+1)))
		}
		w.conditional = append(w.conditional, r.Header.Get("If-None-Match") != "")
		validated(fmt.Sprintf("%q", fmt.Sprint(number, body)), body)(rw, r)
	}
}

// H2: every page is asked for with its own validators, and only where none changed the listing did not.
func TestAListingOfSeveralPagesIsUnchangedOnlyIfEachOfThemIs(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", pagewise(w, map[string]string{"1": ids(1, 2), "2": ids(3, 4), "3": ids(5)}))
		source := w.build(byLink)
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(first, bridge.Complete, "1 2 3 4 5")
		second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
		w.check(second, bridge.Unchanged, "")
		if string(second.Outcome.Cursor) != string(first.Outcome.Cursor) {
			w.Errorf("cursor %s, then %s", first.Outcome.Cursor, second.Outcome.Cursor)
		}
		if fmt.Sprint(w.conditional) != "[false false false true true true]" {
			w.Errorf("validators were sent: %v", w.conditional)
		}
		told := fmt.Sprint(second.Trace)
		if len(second.Trace) != 3 || strings.Count(told, "304") != 3 || strings.Count(told, "unchanged") != 3 {
			w.Errorf("traced %s", told)
		}
	})
}

// H2: a 304 on one page of several never deletes that page's items.
func TestAPageThatChangedHasAllPagesReadAgainWithoutValidators(t *testing.T) {
	for page, changed := range map[string]string{"1": ids(1, 9), "2": ids(3), "3": "[]"} {
		in(t, func(w *world) {
			pages := map[string]string{"1": ids(1, 2), "2": ids(3, 4), "3": ids(5)}
			w.serve("api.test", pagewise(w, pages))
			source := w.build(byLink)
			first := sourcetest.Poll(w.Context(), source, nil)
			pages[page] = changed
			want := map[string]string{"1": "1 9 3 4 5", "2": "1 2 3 5", "3": "1 2 3 4"}[page]
			second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
			w.check(second, bridge.Complete, want)
			w.check(sourcetest.Poll(w.Context(), source, second.Outcome.Cursor), bridge.Unchanged, "")
		})
	}
}

// H2: the last page is gone, or is not the last any more.
func TestAListingThatGrewOrShrankByAPageIsReadAgain(t *testing.T) {
	in(t, func(w *world) {
		pages := map[string]string{"1": ids(1, 2), "2": ids(3, 4)}
		w.serve("api.test", pagewise(w, pages))
		source := w.build(byLink)
		first := sourcetest.Poll(w.Context(), source, nil)
		pages["3"] = ids(5)
		second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
		w.check(second, bridge.Complete, "1 2 3 4 5")
		delete(pages, "3")
		third := sourcetest.Poll(w.Context(), source, second.Outcome.Cursor)
		w.check(third, bridge.Complete, "1 2 3 4")
		delete(pages, "2")
		w.check(sourcetest.Poll(w.Context(), source, third.Outcome.Cursor), bridge.Complete, "1 2")
	})
}

// H2: the newest pages of a longer listing are asked for with their validators, too, whether the 304 names a
// next page or not; and where the rest is gone, what is left is the whole.
func TestAWindowIsUnchangedIfEachOfItsPagesIs(t *testing.T) {
	for most, all := range map[int]string{1: "1 2", 2: "1 2 3 4"} {
		in(t, func(w *world) {
			pages := map[string]string{"1": ids(1, 2), "2": ids(3, 4), "3": ids(5)}
			w.serve("api.test", pagewise(w, pages))
			source := w.build(plain + fmt.Sprintf("page \"link\" {\n max = %d\n}", most))
			first := sourcetest.Poll(w.Context(), source, nil)
			w.check(first, bridge.Window, all)
			second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
			w.check(second, bridge.Unchanged, "")
			pages["1"] = ids(9, 2)
			third := sourcetest.Poll(w.Context(), source, second.Outcome.Cursor)
			w.check(third, bridge.Window, strings.Replace(all, "1", "9", 1))
			w.check(sourcetest.Poll(w.Context(), source, third.Outcome.Cursor), bridge.Unchanged, "")
			delete(pages, fmt.Sprint(most+1))
			pages[fmt.Sprint(most)] = ids(7)
			last := sourcetest.Poll(w.Context(), source, third.Outcome.Cursor)
			w.check(last, bridge.Complete, map[int]string{1: "7", 2: "9 2 7"}[most])
		})
	}
}

// H2: a server without validators answers the same body with a link to the rest, and then without one.
func TestAWindowWithTheSameBodyIsUnchangedWhileThereIsMore(t *testing.T) {
	in(t, func(w *world) {
		more := true
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			if more {
				rw.Header().Set("Link", `</items?page=2>; rel="next"`)
			}
			answerJSON(rw, ids(1))
		})
		source := w.build(plain + "page \"link\" {\n max = 1\n}")
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(first, bridge.Window, "1")
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Unchanged, "")
		more = false
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Complete, "1")
	})
}

// H2: validators of more pages than a cursor should hold, of pages that have none, and of pages whose URLs hold
// secrets are not kept.
func TestAListingThatIsTooLongOrHalfWithoutValidatorsIsAlwaysReadInFull(t *testing.T) {
	many := map[string]string{}
	for n := range 102 {
		many[fmt.Sprint(n+1)] = ids(n)
	}
	for name, c := range map[string]struct {
		pages map[string]string
		query string
	}{
		"long":   {many, ""},
		"secret": {map[string]string{"1": ids(1), "2": ids(2)}, `query = { q = env("T") }`},
	} {
		in(t, func(w *world) {
			handler := pagewise(w, c.pages)
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				handler(&linkEcho{rw, r}, r)
			})
			source := w.build(byLink + c.query)
			first := sourcetest.Poll(w.Context(), source, nil)
			if strings.Contains(string(first.Outcome.Cursor), sourcetest.Marker) {
				w.Errorf("%s: cursor %s", name, first.Outcome.Cursor)
			}
			w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Complete, first.Keys())
			if strings.Contains(fmt.Sprint(w.conditional), "true") {
				w.Errorf("%s: a validator was sent", name)
			}
		})
	}
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.Header.Get("If-None-Match") != "" {
				w.Errorf("a validator for %s", r.URL)
			}
			if r.URL.Query().Get("page") == "" {
				rw.Header().Set("ETag", `"a1"`)
			}
			linked(ids(1), ids(2))(rw, r)
		})
		source := w.build(byLink)
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Complete, "1 2")
	})
}

// H2: pages that are asked for by a number, an offset or a token.
func TestPagesAskedForByAValueAreRememberedByIt(t *testing.T) {
	for _, page := range []string{
		"page \"number\" {\n size = 1\n}", "page \"offset\" {\n start = 1\n param = \"page\"\n}",
		"page \"cursor\" {\n value = body.next\n param = \"page\"\n}",
	} {
		in(t, func(w *world) {
			last := ids(3)
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				number := r.URL.Query().Get("page")
				body := map[string]string{"": ids(1), "1": ids(1), "2": ids(2), "3": last}[number]
				if body == "" {
					body = "[]"
				}
				next := map[string]string{"": "2", "2": "3"}[number]
				w.conditional = append(w.conditional, r.Header.Get("If-None-Match") != "")
				validated(fmt.Sprintf("%q", number+body), fmt.Sprintf(`{"data":%s,"next":%q}`, body, next))(rw, r)
			})
			source := w.build("url = \"http://api.test/items\"\nitems = body.data\nkey = item.id\n" + page)
			first := sourcetest.Poll(w.Context(), source, nil)
			w.check(first, bridge.Complete, "1 2 3")
			second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
			w.check(second, bridge.Unchanged, "")
			if half := len(w.conditional) / 2; strings.Contains(fmt.Sprint(w.conditional[half:]), "false") {
				w.Errorf("%s: %v", page, w.conditional)
			}
			last = ids(4)
			w.check(sourcetest.Poll(w.Context(), source, second.Outcome.Cursor), bridge.Complete, "1 2 4")
		})
	}
}

// H2: a server that lies about one page of several is found out within a day, and believed no more.
func TestALaterPageThatChangesUnderItsETagIsFoundOut(t *testing.T) {
	in(t, func(w *world) {
		last := ids(2)
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			w.conditional = append(w.conditional, r.Header.Get("If-None-Match") != "")
			body := ids(1)
			if r.URL.Query().Get("page") == "2" {
				body = last
			} else {
				rw.Header().Set("Link", `</items?page=2>; rel="next"`)
			}
			validated(`"always"`, body)(rw, r)
		})
		source := w.build(byLink)
		first := sourcetest.Poll(w.Context(), source, nil)
		last = ids(3)
		second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
		w.check(second, bridge.Unchanged, "")
		time.Sleep(25 * time.Hour)
		third := sourcetest.Poll(w.Context(), source, second.Outcome.Cursor)
		w.check(third, bridge.Complete, "1 3")
		w.check(sourcetest.Poll(w.Context(), source, third.Outcome.Cursor), bridge.Complete, "1 3")
		if got := fmt.Sprint(w.conditional); got != "[false false true true false false false false]" {
			w.Errorf("validators were sent: %s", got)
		}
	})
}

// linkEcho repeats the parameter q in each link.
type linkEcho struct {
	nethttp.ResponseWriter
	request *nethttp.Request
}

func (l *linkEcho) WriteHeader(status int) {
	if link := l.Header().Get("Link"); link != "" {
		l.Header().Set("Link", strings.Replace(link, "?", "?q="+url.QueryEscape(l.request.URL.Query().Get("q"))+"&", 1))
	}
	l.ResponseWriter.WriteHeader(status)
}

func (l *linkEcho) Write(body []byte) (int, error) {
	l.WriteHeader(nethttp.StatusOK)
	return l.ResponseWriter.Write(body)
}
