package http_test

import (
	"fmt"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// liar serves a body that changes under an ETag that does not.
func liar(body *string, honest bool) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("ETag", `"always"`)
		if honest && r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(nethttp.StatusNotModified)
			return
		}
		answerJSON(w, *body)
	}
}

// H2: a server whose ETag never changes is believed for a day at most, and from then on never again.
func TestAnETagThatNeverChangesIsFoundOutWithinADay(t *testing.T) {
	in(t, func(w *world) {
		body := ids(1)
		w.serve("api.test", liar(&body, true))
		source := w.build(plain)
		cursor := sourcetest.Poll(w.Context(), source, nil).Outcome.Cursor
		body = ids(1, 2)
		for range 23 {
			time.Sleep(time.Hour)
			p := sourcetest.Poll(w.Context(), source, cursor)
			w.check(p, bridge.Unchanged, "")
			if string(p.Outcome.Cursor) != string(cursor) {
				w.Errorf("cursor %s, then %s", cursor, p.Outcome.Cursor)
			}
		}
		time.Sleep(time.Hour)
		p := sourcetest.Poll(w.Context(), source, cursor)
		w.check(p, bridge.Complete, "1 2")
		body = ids(3)
		p = sourcetest.Poll(w.Context(), source, p.Outcome.Cursor)
		w.check(p, bridge.Complete, "3")
		cursor = p.Outcome.Cursor
		for range 3 {
			p = sourcetest.Poll(w.Context(), source, cursor)
			w.check(p, bridge.Unchanged, "")
			if p.Trace[0].Status != 200 || string(p.Outcome.Cursor) != string(cursor) {
				w.Errorf("traced %+v, cursor %s, then %s", p.Trace, cursor, p.Outcome.Cursor)
			}
		}
	})
}

// H2: a server that ignores what it is asked with is found out at once.
func TestAnETagThatStandsForTwoBodiesIsSentNoMore(t *testing.T) {
	in(t, func(w *world) {
		body := ids(1)
		w.serve("api.test", liar(&body, false))
		source := w.build(plain)
		cursor := sourcetest.Poll(w.Context(), source, nil).Outcome.Cursor
		body = ids(2)
		p := sourcetest.Poll(w.Context(), source, cursor)
		w.check(p, bridge.Complete, "2")
		w.serve("api.test", liar(&body, true))
		body = ids(3)
		w.check(sourcetest.Poll(w.Context(), source, p.Outcome.Cursor), bridge.Complete, "3")
	})
}

// H2: an honest server is asked without validators once a day, and its cursor changes as often.
func TestAnHonestETagIsCheckedOnceADay(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", validated(`"a1"`, ids(1)))
		source := w.build(plain)
		cursor := sourcetest.Poll(w.Context(), source, nil).Outcome.Cursor
		read, moved := 0, 0
		for range 72 {
			time.Sleep(time.Hour)
			p := sourcetest.Poll(w.Context(), source, cursor)
			w.check(p, bridge.Unchanged, "")
			if p.Trace[0].Status == 200 {
				read++
			}
			if string(p.Outcome.Cursor) != string(cursor) {
				moved++
			}
			cursor = p.Outcome.Cursor
		}
		if read != 3 || moved != 3 {
			w.Errorf("%d requests without validators, %d new cursors in three days", read, moved)
		}
	})
}

// P4: a listing with fewer items than the server counts proves no absence.
func TestATotalThatDisagreesWithThePagesTellsNoDeletes(t *testing.T) {
	pages := func(total string, lists ...string) nethttp.HandlerFunc {
		return func(w nethttp.ResponseWriter, r *nethttp.Request) {
			page := 1
			_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
			w.Header().Set("X-Total", strings.Trim(total, `"`))
			answerJSON(w, fmt.Sprintf(`{"data":%s,"total":%s}`, lists[page-1], total))
		}
	}
	const config = "url = \"http://api.test/\"\nitems = body.data\nkey = item.id\n"
	const paged = config + "page \"number\" {\n size = 2\n}\n"
	for name, c := range map[string]struct {
		config, total string
		lists         []string
		coverage      bridge.Coverage
		keys          string
	}{
		"it agrees":          {config + "total = body.total", "2", []string{ids(1, 2)}, bridge.Complete, "1 2"},
		"too few":            {config + "total = body.total", "3", []string{ids(1, 2)}, bridge.Window, "1 2"},
		"too few, as text":   {config + "total = body.total", `"3"`, []string{ids(1, 2)}, bridge.Window, "1 2"},
		"more than it says":  {config + "total = body.total", "1", []string{ids(1, 2)}, bridge.Complete, "1 2"},
		"it says nothing":    {config + "total = body.total", "null", []string{ids(1, 2)}, bridge.Complete, "1 2"},
		"none of some":       {config + "total = body.total", "5", []string{ids()}, bridge.Window, ""},
		"nobody asks":        {config, "5", []string{ids()}, bridge.Complete, ""},
		"on pages":           {paged + "total = body.total", "3", []string{ids(1, 2), ids(3)}, bridge.Complete, "1 2 3"},
		"too few on pages":   {paged + "total = body.total", "4", []string{ids(1, 2), ids(3)}, bridge.Window, "1 2 3"},
		"by a header":        {paged + "total = headers[\"x-total\"]", "4", []string{ids(1, 2), ids(3)}, bridge.Window, "1 2 3"},
		"by a header, right": {paged + "total = headers[\"x-total\"]", "3", []string{ids(1, 2), ids(3)}, bridge.Complete, "1 2 3"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", pages(c.total, c.lists...))
				w.good(c.config, c.coverage, c.keys)
			})
		})
	}
	in(t, func(w *world) {
		w.serve("api.test", pages(`"many"`, ids(1)))
		w.bad(config+"total = body.total", "page 1", "the total is", "not a number")
	})
}
