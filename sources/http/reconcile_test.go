package http_test

import (
	"fmt"
	nethttp "net/http"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// P16: a full listing under start holds what changed since then, so that the past is never news.
func TestReconcilingFindsWhatIsGoneAndWhatWasMissed(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		source, at := w.build(changing+`cursor {
			field = item.at
			param = "since"
			start = "-24h"
		}
		reconcile {
			every = "12h"
		}`), bridge.Cursor(nil)
		l.touch("a", time.Hour)
		l.touch("b", 2*time.Hour)
		l.touch("c", 72*time.Hour) // before the start
		l.next(source, &at, bridge.Changes, "a b")
		time.Sleep(11 * time.Hour)
		l.next(source, &at, bridge.Changes, "a")
		delete(l.rows, "b")
		l.touch("d", 10*time.Hour)
		delete(l.rows, "a")
		time.Sleep(time.Hour)
		l.next(source, &at, bridge.Complete, "d")
		l.next(source, &at, bridge.Changes, "d")
		if last := l.since[len(l.since)-1]; last == "" {
			w.Error("the watermark was lost by the full listing")
		}
	})
}

// P16: 410, and an age over the retention, bring a full listing in the same poll.
func TestAnExpiredCursorBringsAFullListing(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		source, at := w.build(changing+"cursor {\n field = item.at\n param = \"since\"\n retention = \"30d\"\n}"), bridge.Cursor(nil)
		l.touch("a", time.Hour)
		l.next(source, &at, bridge.Complete, "a")
		l.refuses = true
		p := l.next(source, &at, bridge.Complete, "a")
		if len(p.Trace) != 2 || p.Trace[0].Status != nethttp.StatusGone {
			w.Errorf("traced %+v", p.Trace)
		}
		l.refuses = false
		l.next(source, &at, bridge.Changes, "a")
		time.Sleep(31 * 24 * time.Hour)
		l.next(source, &at, bridge.Complete, "a")
	})
}

// P16: what lies still does not expire as long as it is polled.
func TestAQuietCollectionDoesNotExpire(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		source, at := w.build(changing+"cursor {\n field = item.at\n param = \"since\"\n retention = \"10d\"\n}"), bridge.Cursor(nil)
		l.touch("a", time.Hour)
		l.next(source, &at, bridge.Complete, "a")
		for range 40 {
			time.Sleep(24 * time.Hour)
			p := sourcetest.Poll(w.Context(), source, at)
			if p.Err != nil || p.Outcome.Coverage == bridge.Complete {
				w.Fatalf("%v, %v", p.Outcome.Coverage, p.Err)
			}
			at = p.Outcome.Cursor
			asked, err := time.Parse(time.RFC3339, l.since[len(l.since)-1])
			if err != nil || time.Since(asked) > 10*24*time.Hour {
				w.Fatalf("asked since %s, which is beyond the retention", asked)
			}
		}
	})
}

// P16: after the first item it is too late to begin anew: the same keys would come twice.
func TestACursorThatExpiresBetweenTwoPagesFailsThePoll(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("at") != "" && len(w.asked) > 2 {
				nethttp.Error(rw, "expired", nethttp.StatusGone)
				return
			}
			next := `"next":"?at=2",`
			if r.URL.Query().Get("at") != "" {
				next = ""
			}
			answerJSON(rw, fmt.Sprintf(`{%s"data":[{"id":%d,"at":"1999-12-30T00:00:00Z"}]}`, next, len(w.asked)))
		})
		source := w.build(changing + "page \"next\" {\n url = body.next\n}\ncursor {\n field = item.at\n param = \"since\"\n}")
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(first, bridge.Complete, "1 2")
		w.failed(sourcetest.Poll(w.Context(), source, first.Outcome.Cursor), "page 2", "410")
	})
}

func TestATombstoneIsYieldedAsOne(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		l.touch("a", time.Hour)
		l.touch("g", time.Hour)
		p := w.good(changing+"cursor {\n field = item.at\n param = \"since\"\n deleted = item.gone\n}", bridge.Complete, "a g")
		if p.Items[0].Deleted || !p.Items[1].Deleted {
			w.Errorf("yielded %+v", p.Items)
		}
	})
}

// P4: a listing that max cut short moves nothing.
func TestACursorStandsStillWhereNotAllPagesWereRead(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if since := r.URL.Query().Get("since"); since != "" {
				w.Errorf("asked since %s", since)
			}
			answerJSON(rw, `{"next":"?at=2","data":[{"id":1,"at":"1999-12-30T00:00:00Z"}]}`)
		})
		source := w.build(changing + "page \"next\" {\n url = body.next\n max = 1\n}\ncursor {\n field = item.at\n param = \"since\"\n}")
		first := sourcetest.Poll(w.Context(), source, nil)
		w.check(first, bridge.Window, "1")
		_ = sourcetest.Poll(w.Context(), source, first.Outcome.Cursor)
	})
}

func TestAnInstantThatIsNoneFailsThePoll(t *testing.T) {
	for item, words := range map[string][]string{
		`{"id":1,"at":"yesterday"}`: {"item 0", "yesterday", "rfc3339"},
		`{"id":1,"at":17}`:          {"17", "rfc3339"},
		`{"id":1,"at":{}}`:          {"{}"},
		`{"id":1}`:                  {"no item has", "cursor.field"},
		`{"id":1,"at":null}`:        {"no item has"},
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, `{"data":[`+item+`]}`) })
			w.bad(changing+"cursor {\n field = item.at\n param = \"since\"\n}", words...)
		})
	}
}

// H5: numbers that are none, or of no time.
func TestANumberThatIsNoInstantFailsThePoll(t *testing.T) {
	for _, number := range []string{
		`1e999999`, `1e300`, `"1/3"`, `"NaN"`, `"Inf"`, `"0x10"`, `-1e30`, `true`, `"12 "`, `123456789012345678901234567890123456789012`,
	} {
		in(t, func(w *world) {
			w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
				answerJSON(rw, `{"data":[{"id":1,"at":`+number+`}]}`)
			})
			w.bad(changing+"cursor {\n field = item.at\n param = \"since\"\n format = \"unix\"\n}", "item 0", "no instant (unix)")
		})
	}
}

func TestAnItemWithoutAnInstantAmongOthersIsListed(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			answerJSON(rw, `{"data":[{"id":1,"made":"1999-12-30T00:00:00Z"},{"id":2}]}`)
		})
		w.good(changing+"cursor {\n field = coalesce(item.at, item.made)\n param = \"since\"\n}", bridge.Complete, "1 2")
	})
}

// P15, P16: whatever else the config asks for now, nothing between the last poll and this one is lost.
func TestAnotherRequestListsAllThatChangedSinceTheStart(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		cursor := "cursor {\n field = item.at\n param = \"since\"\n start = \"-24h\"\n}"
		at := bridge.Cursor(nil)
		l.next(w.build(changing+cursor), &at, bridge.Changes, "")
		time.Sleep(72 * time.Hour)
		l.touch("a", 60*time.Hour)
		l.next(w.build(changing+cursor+"\nheaders = { X = \"1\" }"), &at, bridge.Changes, "a")
		l.asked("1999-12-31T00:00:00Z", "1999-12-31T00:00:00Z")
	})
}

// H2, P15: what a conditional answer keeps back is not what lag kept back.
func TestAnUnchangedAnswerStillYieldsWhatWasTooYoung(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			validated(`"1"`, `{"data":[{"id":1,"at":"1999-12-31T00:00:00Z"},{"id":2,"at":"2000-01-01T00:00:00Z"}]}`)(rw, r)
		})
		source := w.build(changing + "cursor {\n field = item.at\n param = \"since\"\n lag = \"1m\"\n}")
		at := bridge.Cursor(nil)
		for _, want := range []struct {
			coverage bridge.Coverage
			keys     string
		}{{bridge.Complete, "1 2"}, {bridge.Changes, "1"}, {bridge.Changes, "1 2"}, {bridge.Changes, "1 2"}, {bridge.Unchanged, ""}} {
			p := sourcetest.Poll(w.Context(), source, at)
			w.check(p, want.coverage, want.keys)
			at = p.Outcome.Cursor
			if want.keys == "1" {
				time.Sleep(time.Hour)
			}
		}
	})
}

// P16, H4: a resync rule says what 410 says elsewhere.
func TestAResyncRuleBringsAFullListing(t *testing.T) {
	in(t, func(w *world) {
		l := newLedger(w)
		l.touch("a", time.Hour)
		config := changing + "cursor {\n field = item.at\n param = \"since\"\n}\n" +
			"response {\n status = [200]\n when = body.error == \"expired\"\n action = \"resync\"\n}"
		source, at := w.build(config), bridge.Cursor(nil)
		l.next(source, &at, bridge.Complete, "a")
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("since") != "" {
				answerJSON(rw, `{"error":"expired"}`)
				return
			}
			l.answer(rw, r)
		})
		l.touch("b", 2*time.Hour)
		l.next(source, &at, bridge.Complete, "a b")
	})
}
