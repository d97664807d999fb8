package http_test

import (
	"fmt"
	"io"
	nethttp "net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
)

const byCursor = `
	url   = "http://api.test/items?sort=id"
	items = body.data
	key   = item.id
	page "cursor" {
		value = body.next
		param = "after"
	}
`

// H1 by the book: text and numbers, an empty page in the middle, and each way to say that there is no more.
func TestATokenLeadsFromPageToPage(t *testing.T) {
	for _, end := range []string{`null`, `""`, `false`} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				switch r.URL.Query().Get("after") {
				case "":
					answerJSON(rw, `{"next":"a+/=","data":`+ids(1)+`}`)
				case "a+/=":
					answerJSON(rw, `{"next":12345678901234567890,"data":[]}`)
				case "12345678901234567890":
					answerJSON(rw, `{"data":`+ids(2)+`,"next":`+end+`}`)
				}
			})
			w.good(byCursor, bridge.Complete, "1 2")
			w.requests("GET api.test/items?sort=id", "GET api.test/items?sort=id&after=a%2B%2F%3D",
				"GET api.test/items?sort=id&after=12345678901234567890")
		})
	}
}

// H1: the same token twice, and what is no token.
func TestATokenThatLeadsInACircleOrIsNoneFails(t *testing.T) {
	for next, words := range map[string][]string{
		`"a"`:                                  {"page 2 again", "circle"},
		`{"a":1}`:                              {"value is neither text nor a number"},
		`[1]`:                                  {"neither"},
		`true`:                                 {"neither"},
		`"` + strings.Repeat("x", 17000) + `"`: {"17002 bytes", "16384"},
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				answerJSON(rw, fmt.Sprintf(`{"data":%s,"next":%s}`, ids(len(w.asked)), next))
			})
			w.bad(byCursor, words...)
		})
	}
}

// P4: a server that says that there is more, and not where, proves no absence.
func TestAPageWithoutATokenThatIsNotTheLastFails(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			answerJSON(rw, `{"has_more":true,"next":null,"data":[]}`)
		})
		w.bad(strings.Replace(byCursor, "param =", "stop = !body.has_more\nparam =", 1), "no value for a next page", "stop")
	})
}

const byOffset = `
	url   = "http://api.test/items"
	items = body.data
	key   = item.id
	page "offset" {
		size_param = "limit"
		size       = 3
	}
`

// offsets serves items by offset and limit, most at a time.
func offsets(total, most int) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		numbers := []int{}
		for n := offset; n < min(offset+min(limit, most), total); n++ {
			numbers = append(numbers, n)
		}
		answerJSON(w, fmt.Sprintf(`{"total":%d,"data":%s}`, total, ids(numbers...)))
	}
}

// H1: by the book, exactly full, empty, and by a server that gives fewer items than it is asked for: a short
// page alone is no end.
func TestOffsetsCountTheItemsThatCame(t *testing.T) {
	for _, c := range []struct {
		total, most int
		keys        string
		requests    int
	}{
		{4, 100, "0 1 2 3", 3}, {6, 100, "0 1 2 3 4 5", 3}, {0, 100, "", 1}, {5, 2, "0 1 2 3 4", 4},
	} {
		in(t, func(w *world) {
			w.serve("api.test", offsets(c.total, c.most))
			w.good(byOffset, bridge.Complete, c.keys)
			if len(w.asked) != c.requests || w.asked[0] != "GET api.test/items?offset=0&limit=3" {
				w.Errorf("asked %q", w.asked)
			}
		})
	}
	in(t, func(w *world) {
		w.serve("api.test", offsets(5, 2))
		w.good(strings.Replace(byOffset, "size ", "stop = page.value + length(body.data) >= body.total\nsize ", 1), bridge.Complete, "0 1 2 3 4")
		w.requests("GET api.test/items?offset=0&limit=3", "GET api.test/items?offset=2&limit=3", "GET api.test/items?offset=4&limit=3")
	})
}

// H1: a server that gives less than it is asked for, and says that there is more.
func TestAShortNumberedPageWithALinkToTheNextIsNotTheLast(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("page") == "1" {
				rw.Header().Set("Link", `</items?page=2>; rel="next"`)
			}
			numbered(ids(1), ids(2))(rw, r)
		})
		w.good(byNumber, bridge.Complete, "1 2")
	})
}

func TestThePageMayStandAnywhereInTheRequest(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			body, _ := io.ReadAll(r.Body)
			w.asked[len(w.asked)-1] += " " + r.Header.Get("X-Page") + " " + string(body)
			answerJSON(rw, fmt.Sprintf(`{"data":%s,"last":%t}`, ids(len(w.asked)), len(w.asked) == 2))
		})
		w.good(`
			url     = "http://api.test/pages/${page.value}"
			method  = "POST"
			headers = { X-Page = "p${page.value}" }
			body    = jsonencode({ page = page.value })
			items   = body.data
			key     = item.id
			page "number" {
				stop = body.last
			}
		`, bridge.Complete, "1 2")
		w.requests(`POST api.test/pages/1 p1 {"page":1}`, `POST api.test/pages/2 p2 {"page":2}`)
	})
}
