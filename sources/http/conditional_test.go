package http_test

import (
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

const plain = "url = \"http://api.test/items\"\nkey = item.id\n"

// validated serves a body with an ETag and answers 304 where the client has it.
func validated(etag, body string) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(nethttp.StatusNotModified)
			return
		}
		answerJSON(w, body)
	}
}

// H2: strong and weak.
func TestAnAnswerThatDidNotChangeIsNotSentAgain(t *testing.T) {
	for _, etag := range []string{`"a1"`, `W/"a1"`} {
		in(t, func(w *world) {
			w.serve("api.test", validated(etag, ids(1)))
			source := w.build(plain)
			first := sourcetest.Poll(w.Context(), source, nil)
			w.check(first, bridge.Complete, "1")
			second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
			w.check(second, bridge.Unchanged, "")
			if string(second.Outcome.Cursor) != string(first.Outcome.Cursor) {
				w.Errorf("cursor %s, then %s", first.Outcome.Cursor, second.Outcome.Cursor)
			}
			if last := second.Trace[0]; last.Status != nethttp.StatusNotModified || last.Size != 0 {
				w.Errorf("traced %+v", last)
			}
			w.serve("api.test", validated(`"a2"`, ids(1, 2)))
			w.check(sourcetest.Poll(w.Context(), source, second.Outcome.Cursor), bridge.Complete, "1 2")
		})
	}
}

func TestLastModifiedIsSentBackAsItCame(t *testing.T) {
	in(t, func(w *world) {
		const date = "Mon, 23 Nov 2026 08:00:00 GMT"
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.Header.Get("If-Modified-Since") == date {
				rw.WriteHeader(nethttp.StatusNotModified)
				return
			}
			rw.Header().Set("Last-Modified", date)
			answerJSON(rw, ids(1))
		})
		source := w.build(plain)
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Unchanged, "")
	})
}

// H2: servers that lie.
func TestWithoutConditionalNoValidatorIsSent(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.Header.Get("If-None-Match")+r.Header.Get("If-Modified-Since") != "" {
				w.Errorf("validators in %v", r.Header)
			}
			rw.Header().Set("ETag", `"always the same"`)
			answerJSON(rw, ids(len(w.asked)))
		})
		source := w.build(plain + "conditional = false")
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Complete, "2")
	})
}

// A full first page stays as it is when the list grows beyond it: only its link tells.
func TestAPageThatDidNotChangeButHasANextOneNowIsReadAgain(t *testing.T) {
	for _, withETag := range []bool{true, false} {
		in(t, func(w *world) {
			grown := false
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				if r.URL.Query().Get("page") == "2" {
					answerJSON(rw, ids(3))
					return
				}
				if grown {
					rw.Header().Set("Link", `</items?page=2>; rel="next"`)
				}
				if withETag {
					validated(`"a1"`, ids(1, 2))(rw, r)
					return
				}
				answerJSON(rw, ids(1, 2))
			})
			source := w.build(byLink)
			first := sourcetest.Poll(w.Context(), source, nil)
			w.check(first, bridge.Complete, "1 2")
			w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Unchanged, "")
			grown = true
			w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Complete, "1 2 3")
		})
	}
}

func TestA304ThatNobodyAskedForFails(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { rw.WriteHeader(nethttp.StatusNotModified) })
		w.bad(plain, "304", "validators")
	})
}

// The first gate: the same bytes, without any validator.
func TestABodyThatIsTheSameToTheByteIsUnchanged(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, ids(1)) })
		source := w.build(plain)
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Unchanged, "")
		w.check(sourcetest.Poll(w.Context(), source, nil), bridge.Complete, "1")
	})
}

// P2: what is remembered holds only for the request and the reading that it came from.
func TestAnyOtherQuestionForgetsTheAnswer(t *testing.T) {
	for _, other := range []string{
		"url = \"http://api.test/items2\"\nkey = item.id\n",
		"url = \"http://api.test/items\"\nkey = item.no\n",
		"url = \"http://api.test/items\"\nkey = \"${item.id}\"\n",
		plain + "query = { a = 1 }",
		plain + "headers = { Accept = \"application/vnd.x+json\" }",
		plain + "format = \"json\"",
		plain + "items = body",
		plain + "method = \"POST\"",
		plain + "page \"link\" {}",
		plain + "auth \"bearer\" {\n token = \"tttt\"\n}",
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				if strings.Contains(other, "items2") || r.Header.Get("If-None-Match") == "" {
					validated(`"a1"`, `[{"id":1,"no":1}]`)(rw, r)
					return
				}
				w.Errorf("%s: a validator was sent", other)
			})
			first := w.good(plain, bridge.Complete, "1")
			w.check(sourcetest.Poll(w.Context(), w.build(other), first.Outcome.Cursor), bridge.Complete, "1")
		})
	}
}

// The same config elsewhere in the file, or with a new token of the same kind, is the same question.
func TestTheSameQuestionInAnotherPlaceIsRemembered(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", validated(`"a1"`, ids(1)))
		first := w.good(plain+"auth \"bearer\" {\n token = \"old token\"\n}", bridge.Complete, "1")
		moved := w.build("\n\n# moved\n" + plain + "auth \"bearer\" {\n token = \"new token\"\n}")
		w.check(sourcetest.Poll(w.Context(), moved, first.Outcome.Cursor), bridge.Unchanged, "")
	})
}

// H2: validators belong to the URL that gave them.
func TestA304AtTheEndOfOtherRedirectsIsAskedAgain(t *testing.T) {
	in(t, func(w *world) {
		target := "/a"
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			switch r.URL.Path {
			case "/items":
				nethttp.Redirect(rw, r, target, nethttp.StatusFound)
			case "/a":
				validated(`"1"`, ids(1))(rw, r)
			case "/b":
				validated(`"1"`, ids(2))(rw, r)
			}
		})
		source := w.build(plain)
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Unchanged, "")
		target = "/b"
		w.check(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), bridge.Complete, "2")
	})
}

// The cursor is stored and may be shown: it holds no word of the request.
func TestTheCursorHoldsNothingOfTheRequest(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", validated(`"a1"`, ids(1)))
		p := w.good("url = \"http://api.test/${urlencode(env(\"T\"))}\"\nkey = item.id\nquery = { q = env(\"T\") }", bridge.Complete, "1")
		if cursor := string(p.Outcome.Cursor); strings.Contains(cursor, "api.test") || strings.Contains(cursor, sourcetest.Marker) {
			w.Errorf("cursor %s", cursor)
		}
	})
}

// S4: the server asks to be left alone.
func TestTheServersWishForAPauseIsPassedOn(t *testing.T) {
	for header, want := range map[string]time.Duration{"Retry-After": 90 * time.Second, "X-Poll-Interval": 90 * time.Second} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
				rw.Header().Set(header, "90")
				validated(`"a1"`, ids(1))(rw, r)
			})
			source := w.build(plain)
			first := sourcetest.Poll(w.Context(), source, nil)
			second := sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
			w.check(second, bridge.Unchanged, "")
			if first.Outcome.NotBefore != want || second.Outcome.NotBefore != want {
				w.Errorf("%s: %s and %s, want %s", header, first.Outcome.NotBefore, second.Outcome.NotBefore, want)
			}
		})
	}
}
