package http_test

import (
	"encoding/json"
	"fmt"
	nethttp "net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// P16: sync tokens, tombstones, and a 410 that brings a full listing.
func TestGoogleCalendarIsAskedWithItsSyncToken(t *testing.T) {
	in(t, func(w *world) {
		w.serve("www.googleapis.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			q := r.URL.Query()
			switch q.Get("syncToken") + "/" + q.Get("pageToken") {
			case "/":
				answerJSON(rw, `{"items":[{"id":"a","status":"confirmed"}],"nextPageToken":"p2"}`)
			case "/p2":
				answerJSON(rw, `{"items":[{"id":"b","status":"confirmed"}],"nextSyncToken":"s1="}`)
			case "s1=/":
				answerJSON(rw, `{"items":[{"id":"a","status":"cancelled"}],"nextPageToken":"p3"}`)
			case "s1=/p3":
				answerJSON(rw, `{"items":[],"nextSyncToken":"s2="}`)
			default:
				rw.WriteHeader(nethttp.StatusGone)
				_, _ = rw.Write([]byte(`{"error":{"code":410,"message":"Sync token is no longer valid, a full sync is required."}}`))
			}
		})
		a := w.example("google-calendar")
		if p := a.next(bridge.Complete, "a b"); p.Items[0].Deleted {
			w.Error("a is no tombstone")
		}
		if p := a.next(bridge.Changes, "a"); !p.Items[0].Deleted {
			w.Error("a is a tombstone")
		}
		p := a.next(bridge.Complete, "a b")
		if len(p.Trace) != 3 || p.Trace[0].Status != nethttp.StatusGone || strings.Contains(fmt.Sprint(p.Trace), "s2=") {
			w.Errorf("traced %+v", p.Trace)
		}
		a.next(bridge.Changes, "a")
	})
}

func TestASyncTokenThatIsMissingFailsThePoll(t *testing.T) {
	in(t, func(w *world) {
		w.serve("www.googleapis.com", func(rw nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(rw, `{"items":[]}`) })
		a := w.example("google-calendar")
		w.failed(sourcetest.Poll(w.Context(), a.source, nil), "no token", "cursor")
	})
}

// P16: the URL to go on from, and tombstones.
func TestMicrosoftGraphGoesOnFromItsDeltaLink(t *testing.T) {
	in(t, func(w *world) {
		const delta = "http://graph.microsoft.com/v1.0/users/delta"
		answers := map[string]object{
			"":                {"value": []object{{"id": "u1"}}, "@odata.nextLink": delta + "?$skiptoken=p2"},
			"$skiptoken=p2":   {"value": []object{{"id": "u2"}}, "@odata.deltaLink": delta + "?$deltatoken=d1"},
			"$deltatoken=d1":  {"value": []object{{"id": "u1", "@removed": object{"reason": "changed"}}}, "@odata.deltaLink": delta + "?$deltatoken=d2"},
			"$deltatoken=d2":  {"value": []object{}, "@odata.deltaLink": "http://other.test/?$deltatoken=d3"},
			"$deltatoken=old": nil,
		}
		w.serve("graph.microsoft.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.Header.Get("Authorization") == "" || answers[r.URL.RawQuery] == nil {
				rw.WriteHeader(nethttp.StatusGone)
				return
			}
			write(rw, answers[r.URL.RawQuery])
		})
		a := w.example("microsoft-graph")
		a.next(bridge.Complete, "u1 u2")
		if p := a.next(bridge.Changes, "u1"); !p.Items[0].Deleted {
			w.Error("u1 is a tombstone")
		}
		w.failed(sourcetest.Poll(w.Context(), a.source, a.at), "another origin", "other.test")
		delete(answers, "$deltatoken=d2")
		a.next(bridge.Complete, "u1 u2")
	})
}

// H1: the cursor of the page goes into the body.
func TestGraphQLIsReadByItsPageInfo(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.github.com", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			var asked struct {
				Query     string
				Variables object
			}
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || !strings.Contains(asked.Query, "pageInfo { hasNextPage endCursor }") {
				w.Errorf("asked %+v, %v", asked, err)
			}
			number, more, end := 1, true, "Y3Vyc29yOnYyOpHOAA=="
			if asked.Variables["after"] == end {
				number, more = 2, false
			}
			write(rw, object{"data": object{"repository": object{"issues": object{
				"nodes": []object{{"number": number}}, "pageInfo": object{"hasNextPage": more, "endCursor": end},
			}}}})
		})
		a := w.example("graphql")
		a.next(bridge.Complete, "1 2")
		a.next(bridge.Complete, "1 2")
	})
}

// P15, H8: by offset, with a watermark and tombstones, and the comments of each.
func TestTicketsAreReadByOffsetAndTheirCommentsForEach(t *testing.T) {
	in(t, func(w *world) {
		w.Serve(w.T, "tickets.example.com:80", nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if strings.HasSuffix(r.URL.Path, "/comments") {
				answerJSON(rw, `{"data":`+ids(7)+`}`)
				return
			}
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			data := []object{}
			for id := offset; id < min(offset+2, 3); id++ { // no more than 2, whatever is asked for
				gone := map[bool]any{true: "1999-12-31T10:00:00Z"}[id == 1]
				data = append(data, object{"id": id, "updated_at": "1999-12-31T10:00:00Z", "deleted_at": gone})
			}
			write(rw, object{"data": data})
		}))
		sources := w.examples("tickets-and-comments", bridge.Env{Items: tickets("a", "b")})
		a := &api{world: w, source: sources["tickets"]}
		if p := a.next(bridge.Complete, "0 1 2"); len(p.Items) != 3 || p.Items[0].Deleted || !p.Items[1].Deleted {
			w.Errorf("yielded %+v", p.Items)
		}
		a.next(bridge.Changes, "0 1 2")
		if p := sourcetest.Poll(w.Context(), sources["comments"], nil); sortedKeys(p) != "a/7 b/7" {
			w.Errorf("comments %q, %v", p.Keys(), p.Err)
		}
	})
}
