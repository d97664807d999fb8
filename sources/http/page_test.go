package http_test

import (
	"fmt"
	nethttp "net/http"
	"strconv"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
)

const byLink = `
	url = "http://api.test/items"
	key = item.id
	page "link" {}
`

const byURL = `
	url   = "http://api.test/items"
	items = body.data
	key   = item.id
	page "next" {
		url = body.next
	}
`

const byNumber = `
	url = "http://api.test/items?sort=id"
	key = item.id
	page "number" {
		param      = "page"
		size_param = "per_page"
		size       = 2
	}
`

// linked serves pages that name the next one in a Link header.
func linked(pages ...string) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) {
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		number = max(number, 1)
		if number < len(pages) {
			w.Header().Add("Link", fmt.Sprintf(`</items?page=%d>; rel="next", </items?page=%d>; rel="last"`, number+1, len(pages)))
		}
		answerJSON(w, pages[number-1])
	}
}

// numbered serves pages by their number, and empty ones after the last.
func numbered(pages ...string) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) {
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		if number < 1 || number > len(pages) {
			answerJSON(w, "[]")
			return
		}
		answerJSON(w, pages[number-1])
	}
}

// H1 by the book, and with an empty page in the middle.
func TestEveryLinkIsFollowedToTheLastPageOverEmptyOnes(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", linked(ids(1, 2), "[]", ids(3), "[]"))
		w.good(byLink, bridge.Complete, "1 2 3")
		w.requests("GET api.test/items", "GET api.test/items?page=2", "GET api.test/items?page=3", "GET api.test/items?page=4")
	})
}

// H1: absolute, relative, absent, null and empty.
func TestTheNextURLOfTheBodyIsFollowedUntilThereIsNone(t *testing.T) {
	for _, end := range []string{`null`, `""`} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				switch r.URL.Query().Get("at") {
				case "":
					answerJSON(rw, `{"next":"http://API.test:80/items?at=a","data":`+ids(1)+`}`)
				case "a":
					answerJSON(rw, `{"data":[],"next":"?at=b"}`)
				case "b":
					answerJSON(rw, `{"data":`+ids(2)+`,"next":"/items?at=c#top"}`)
				case "c":
					answerJSON(rw, `{"data":`+ids(3)+`,"next":`+end+`}`)
				}
			})
			w.good(byURL, bridge.Complete, "1 2 3")
		})
	}
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, `{"data":`+ids(1)+`}`) })
		w.good(byURL, bridge.Complete, "1")
	})
}

func TestTheNextURLMayComeFromAHeaderOrBeComposed(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("after") == "" {
				rw.Header().Set("X-Next-Token", "t2")
			}
			answerJSON(rw, ids(len(w.asked)))
		})
		w.good(`
			url = "http://api.test/items"
			key = item.id
			page "next" {
				url = headers["x-next-token"] == null || status != 200 ? null : "/items?after=${headers["x-next-token"]}"
			}
		`, bridge.Complete, "1 2")
		w.requests("GET api.test/items", "GET api.test/items?after=t2")
	})
}

// H1: a short page is the last; where the last is exactly full, it takes one more request to know.
func TestNumberedPagesEndWithAShortOneOrWithAnEmptyOneAfterAFullOne(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", numbered(ids(1, 2), ids(3)))
		w.good(byNumber, bridge.Complete, "1 2 3")
		w.requests("GET api.test/items?sort=id&page=1&per_page=2", "GET api.test/items?sort=id&page=2&per_page=2")
	})
	in(t, func(w *world) {
		w.serve("api.test", numbered(ids(1, 2), ids(3, 4)))
		w.good(byNumber, bridge.Complete, "1 2 3 4")
		if len(w.asked) != 3 {
			w.Errorf("%d requests, want 3", len(w.asked))
		}
	})
	in(t, func(w *world) {
		w.serve("api.test", numbered())
		w.good(byNumber, bridge.Complete, "")
	})
}

func TestNumberedPagesWithoutASizeEndWithAnEmptyOne(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			switch r.URL.Query().Get("p") {
			case "0":
				answerJSON(rw, ids(1, 2, 3))
			case "1":
				answerJSON(rw, ids(4))
			default:
				answerJSON(rw, "[]")
			}
		})
		w.good("url = \"http://api.test/\"\nkey = item.id\npage \"number\" {\n param = \"p\"\n start = 0\n}", bridge.Complete, "1 2 3 4")
		w.requests("GET api.test/?p=0", "GET api.test/?p=1", "GET api.test/?p=2")
	})
}

// H1: the rule reads the page as the server sent it; with one, short and empty pages in the middle are
// only that, on a server that thins out its pages.
func TestAStopRuleAloneTellsTheLastPage(t *testing.T) {
	in(t, func(w *world) {
		pages := []string{
			`{"last":false,"data":` + ids(1, 2) + `}`, `{"last":false,"data":[]}`,
			`{"last":false,"data":` + ids(3) + `}`, `{"last":true,"data":` + ids(4, 5) + `}`,
		}
		w.serve("api.test", numbered(pages...))
		w.good(`
			url   = "http://api.test/items"
			items = body.data
			key   = item.id
			page "number" {
				size_param = "per_page"
				size = 2
				stop = body.last
			}
		`, bridge.Complete, "1 2 3 4 5")
	})
	in(t, func(w *world) {
		w.serve("api.test", linked(ids(1, 2), ids(3, 9), ids(4)))
		w.good(`
			url = "http://api.test/items"
			key = item.id
			page "link" {
				stop = contains(body[*].id, 9)
			}
		`, bridge.Complete, "1 2 3 9")
	})
}

// H1: a next link to itself, or to any page that was read.
func TestAListingThatGoesInACircleFails(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Link", `</items>; rel=next`)
			answerJSON(rw, ids(1))
		})
		w.bad(byLink, "after page 1", "page 1 again", "circle")
	})
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			next := map[string]string{"": "a", "a": "b", "b": "a"}[r.URL.Query().Get("at")]
			answerJSON(rw, fmt.Sprintf(`{"data":%s,"next":"/items?at=%s"}`, ids(len(w.asked)), next))
		})
		w.bad(byURL, "after page 3", "page 2 again")
	})
}

func TestAServerThatDoesNotKnowThePageParameterIsNoticed(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(1, 2)) })
		w.bad(byNumber, "page 2", "same as page 1", "parameter")
	})
}

// H1: what no client can know. The item 3 moves from page 2 to page 1 while page 1 is already read: it is
// missing from a listing that the server ended in good order.
func TestAnItemThatMovesToAPageAlreadyReadIsMissingUntilTheNextPoll(t *testing.T) {
	in(t, func(w *world) {
		all := []int{1, 2, 3, 4, 5}
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			number, _ := strconv.Atoi(r.URL.Query().Get("page"))
			from := min((number-1)*2, len(all))
			answerJSON(rw, ids(all[from:min(from+2, len(all))]...))
			if len(w.asked) == 1 {
				all = all[1:] // the item 1 is deleted behind our back
			}
		})
		w.good(byNumber, bridge.Complete, "1 2 4 5")
		w.good(byNumber, bridge.Complete, "2 3 4 5")
	})
}

// P4: reaching a max of the operator's is a window, whatever the kind.
func TestAListingCutShortByMaxIsAWindow(t *testing.T) {
	for _, c := range []struct {
		page     string
		handler  nethttp.HandlerFunc
		coverage bridge.Coverage
		keys     string
	}{
		{`page "link" { max = 2 }`, linked(ids(1), ids(2), ids(3)), bridge.Window, "1 2"},
		{`page "link" { max = 3 }`, linked(ids(1), ids(2), ids(3)), bridge.Complete, "1 2 3"},
		{"page \"number\" {\n size = 1\n max = 2\n}", numbered(ids(1), ids(2), ids(3)), bridge.Window, "1 2"},
		{"page \"number\" {\n size = 2\n max = 1\n}", numbered(ids(1)), bridge.Complete, "1"},
	} {
		in(t, func(w *world) {
			w.serve("api.test", c.handler)
			w.good("url = \"http://api.test/items\"\nkey = item.id\n"+c.page, c.coverage, c.keys)
		})
	}
}

// H6: pages.
func TestAListingThatDoesNotEndFailsAtTheBoundOfPages(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			answerJSON(rw, fmt.Sprintf(`{"data":%s,"next":"/items?at=%d"}`, ids(len(w.asked)), len(w.asked)))
		})
		w.bad(byURL, "1000 pages", "max")
		if len(w.asked) != 1000 {
			w.Errorf("%d requests", len(w.asked))
		}
	})
}

// P4: page 3 of 5 fails.
func TestAPollThatFailsOnALaterPageHasNoOutcome(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("page") == "3" {
				nethttp.Error(rw, "no such page", nethttp.StatusNotFound)
				return
			}
			linked(ids(1), ids(2), ids(3), ids(4), ids(5))(rw, r)
		})
		p := w.bad(byLink, "page 3", "404", "no such page")
		if p.Keys() != "1 2" {
			w.Errorf("it yielded %q before", p.Keys())
		}
	})
}

func TestANextURLThatIsNoneFails(t *testing.T) {
	for next, words := range map[string][]string{
		`7`:                       {"number", "not text"},
		`false`:                   {"bool", "not text"},
		`"ftp://api.test/x"`:      {"http"},
		`"javascript:alert(1)"`:   {"http"},
		`"http://api.test:x/%zz"`: {"cannot be read"},
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				answerJSON(rw, `{"data":[],"next":`+next+`}`)
			})
			w.bad(byURL, append(words, "after page 1")...)
		})
	}
}

// P4: a server that says there is more than was asked for proves no absence.
func TestALinkToANextPageThatNobodyAsksForMakesTheListingAWindow(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", linked(ids(1, 2), ids(3)))
		w.good("url = \"http://api.test/items\"\nkey = item.id", bridge.Window, "1 2")
	})
}
