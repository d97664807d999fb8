package http_test

import (
	"context"
	"fmt"
	nethttp "net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// A archive is a long collection, in pages of two items: item n changed at minute n of the last day of 1999.
type archive struct {
	*world
	count    int           // items
	left     int           // requests until the server has had enough; -1: it never has
	takes    time.Duration // a page
	forgets  bool          // tokens
	shuffled bool          // not by time
	next     string        // what leads on: token, link or page
}

func newArchive(w *world, next string) *archive {
	s := &archive{world: w, count: 12, left: -1, next: next}
	w.serve("api.test", s.answer)
	return s
}

func (s *archive) answer(rw nethttp.ResponseWriter, r *nethttp.Request) {
	time.Sleep(s.takes)
	if !s.admits() {
		rw.Header().Set("Retry-After", "600")
		nethttp.Error(rw, "slow down", nethttp.StatusTooManyRequests)
		return
	}
	query := r.URL.Query()
	at, _ := strconv.Atoi(query.Get("at"))
	if s.forgets && at > 0 {
		nethttp.Error(rw, "no such token", nethttp.StatusBadRequest)
		return
	}
	since, _ := time.Parse(time.RFC3339, query.Get("since"))
	items, more := s.page(at, since)
	if more {
		at++
	}
	if more && s.next == "link" {
		rw.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, "/items?"+linkTo(r, at)))
	}
	token := ""
	if more && s.next == "token" {
		token = fmt.Sprintf(`,"next":"%d"`, at)
	}
	answerJSON(rw, fmt.Sprintf(`{"data":[%s]%s}`, strings.Join(items, ","), token))
}

// admits takes a request from those that are left.
func (s *archive) admits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return false
	}
	s.left--
	return true
}

func linkTo(r *nethttp.Request, at int) string {
	query := r.URL.Query()
	query.Set("at", strconv.Itoa(at))
	return query.Encode()
}

// page returns the items of a page of those since an instant, and whether another follows.
func (s *archive) page(at int, since time.Time) (items []string, more bool) {
	var all []string
	for n := range s.count {
		minute := n
		if s.shuffled {
			minute = s.count - n
		}
		if changed := time.Date(1999, 12, 31, 0, minute, 0, 0, time.UTC); !changed.Before(since) {
			all = append(all, fmt.Sprintf(`{"id":%d,"at":%q}`, n, changed.Format(time.RFC3339)))
		}
	}
	if 2*at >= len(all) {
		return nil, false
	}
	return all[2*at : min(2*at+2, len(all))], 2*at+2 < len(all)
}

func (s *archive) source(page string, cursor ...string) bridge.Source {
	return s.build(changing + page + `
		cursor {
			field = item.at
			param = "since"
			` + strings.Join(cursor, "\n") + `
		}`)
}

// part polls for up to half a minute and checks what was listed, and whether there is more to come.
func (s *archive) part(source bridge.Source, at *bridge.Cursor, more bool, keys string) sourcetest.Polled {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 30*time.Second)
	defer cancel()
	p := sourcetest.Poll(ctx, source, *at)
	if p.Err != nil || p.Outcome.More != more || p.Keys() != keys {
		s.Fatalf("more %t with %q, %v; want %t with %q", p.Outcome.More, p.Keys(), p.Err, more, keys)
	}
	*at = p.Outcome.Cursor
	return p
}

const byToken = "page \"cursor\" {\n value = body.next\n param = \"at\"\n}\n"

// A listing that the server's limit breaks off goes on where it was, over restarts, and asks for no page twice.
func TestAListingThatIsLimitedGoesOnAtTheNextPage(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "token")
		s.left = 2
		at := bridge.Cursor(nil)
		p := s.part(s.source(byToken), &at, true, "0 1 2 3")
		if p.Outcome.Coverage != bridge.Changes || p.Outcome.NotBefore < 9*time.Minute {
			w.Errorf("the first part is %+v", p.Outcome)
		}
		time.Sleep(p.Outcome.NotBefore)
		s.left = 2
		s.part(s.source(byToken), &at, true, "4 5 6 7") // a new source: the program was started again
		time.Sleep(10 * time.Minute)
		s.left = -1
		if p := s.part(s.source(byToken), &at, false, "8 9 10 11"); p.Outcome.Coverage != bridge.Changes {
			w.Errorf("the last part is %+v", p.Outcome)
		}
		s.part(s.source(byToken), &at, false, "11")
		w.requests(
			"GET api.test/items", "GET api.test/items?at=1", "GET api.test/items?at=2",
			"GET api.test/items?at=2", "GET api.test/items?at=3", "GET api.test/items?at=4",
			"GET api.test/items?at=4", "GET api.test/items?at=5",
			"GET api.test/items?since=1999-12-31T00%3A10%3A59Z",
		)
	})
}

func TestAListingThatTheServerForgotBeginsAnew(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "token")
		s.count, s.left = 6, 1
		source, at := s.source(byToken), bridge.Cursor(nil)
		s.part(source, &at, true, "0 1")
		time.Sleep(10 * time.Minute)
		s.left, s.forgets = -1, true // the token, and then the one that it gives
		if p := sourcetest.Poll(w.Context(), source, at); p.Err == nil {
			w.Fatalf("it went well with %q", p.Keys())
		}
		s.left, s.forgets = -1, false
		s.part(source, &at, false, "2 3 4 5")
		if first := w.asked[3]; first != "GET api.test/items" {
			w.Errorf("after the refusal it asked for %q", first)
		}
	})
}

// Only an opaque token is taken for stable by itself.
func TestAPlaceThatMayMoveIsNotGoneOnWith(t *testing.T) {
	for name, c := range map[string]struct{ next, page string }{
		"number": {"page", "page \"number\" {\n param = \"at\"\n start = 0\n size = 2\n}\n"},
		"link":   {"link", "page \"link\" {}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				s := newArchive(w, c.next)
				s.left = 2
				ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
				defer cancel()
				w.failed(sourcetest.Poll(ctx, s.source(c.page), nil), "429")
			})
		})
	}
}

func TestLinksThatTheOperatorCallsStableAreGoneOnWith(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "link")
		s.left = 4
		source, at := s.source("page \"link\" {\n resume = true\n}\n"), bridge.Cursor(nil)
		s.part(source, &at, true, "0 1 2 3 4 5 6 7")
		time.Sleep(10 * time.Minute)
		s.left = -1
		s.part(source, &at, false, "8 9 10 11")
	})
}

// Where the server sorts by the cursor's field, a listing goes on from the newest item, whatever the pages.
func TestASortedListingGoesOnFromItsNewestItem(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "page")
		s.left = 2
		page := "page \"number\" {\n param = \"at\"\n start = 0\n size = 2\n}\n"
		source, at := s.source(page, "sorted = true"), bridge.Cursor(nil)
		s.part(source, &at, true, "0 1 2 3")
		time.Sleep(10 * time.Minute)
		s.left = 2
		s.part(source, &at, true, "3 4 5 6")
		time.Sleep(10 * time.Minute)
		s.left = -1
		s.part(source, &at, false, "6 7 8 9 10 11")
		s.part(source, &at, false, "11")
	})
}

func TestAListingThatIsCalledSortedAndIsNotFails(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "page")
		s.left, s.shuffled = 2, true
		source := s.source("page \"number\" {\n param = \"at\"\n start = 0\n size = 2\n}\n", "sorted = true")
		ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
		defer cancel()
		w.failed(sourcetest.Poll(ctx, source, nil), "429")
	})
}

// P11: a listing that is longer than the timeout, and comes on, is no failure.
func TestAListingThatTakesLongerThanAPollIsReadInParts(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "token")
		s.takes = 12 * time.Second
		source, at := s.source(byToken), bridge.Cursor(nil)
		s.part(source, &at, true, "0 1 2 3")
		s.part(source, &at, true, "4 5 6 7")
		s.part(source, &at, false, "8 9 10 11")
	})
}

func TestAPollThatReadsNoPageWithinItsTimeFails(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "token")
		s.takes = 40 * time.Second
		ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
		defer cancel()
		w.failed(sourcetest.Poll(ctx, s.source(byToken), nil), "fetch page 1")
	})
}

// A kill costs no more than a minute of a first listing.
func TestWhatALongFirstListingReadIsKeptEveryMinute(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "token")
		s.takes = 20 * time.Second
		source, at := s.source(byToken), bridge.Cursor(nil)
		for _, keys := range []string{"0 1 2 3 4 5", "6 7 8 9 10 11"} {
			p := sourcetest.Poll(w.Context(), source, at)
			if p.Err != nil || p.Keys() != keys {
				w.Fatalf("got %q, %v; want %q", p.Keys(), p.Err, keys)
			}
			at = p.Outcome.Cursor
		}
	})
}

// P16: a sweep in parts finds what was missed, tells no deletes, and is done when it is done.
func TestASweepInPartsTellsNoDeletesAndEnds(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "token")
		source := w.build(changing + byToken + `
			cursor {
				field = item.at
				param = "since"
			}
			reconcile {
				every = "1h"
			}`)
		at := bridge.Cursor(nil)
		if p := s.part(source, &at, false, "0 1 2 3 4 5 6 7 8 9 10 11"); p.Outcome.Coverage != bridge.Complete {
			w.Errorf("the first listing is %s", p.Outcome.Coverage)
		}
		time.Sleep(2 * time.Hour)
		s.left = 3
		s.part(source, &at, true, "0 1 2 3 4 5")
		time.Sleep(10 * time.Minute)
		s.left = -1
		if p := s.part(source, &at, false, "6 7 8 9 10 11"); p.Outcome.Coverage != bridge.Changes {
			w.Errorf("the end of the sweep is %s", p.Outcome.Coverage)
		}
		s.part(source, &at, false, "11")
	})
}

// Nothing that is a secret goes into the state.
func TestANextPageWhoseURLHoldsASecretIsNotKept(t *testing.T) {
	in(t, func(w *world) {
		s := newArchive(w, "link")
		s.left = 2
		source := w.build(`
			url   = "http://api.test/items?key=${env("SECRET")}"
			items = body.data
			key   = item.id
			page "link" {
				resume = true
			}
			cursor {
				field = item.at
				param = "since"
			}`)
		ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
		defer cancel()
		w.failed(sourcetest.Poll(ctx, source, nil), "429")
	})
}
