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

// P4, P8: what a server says of itself that is not so: none of it is taken for an empty list, or for the last page.
func TestAServerThatLiesProvesNoAbsence(t *testing.T) {
	raw := func(header, body string) string {
		return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + header + "\r\n\r\n" + body
	}
	for name, c := range map[string]struct {
		answer string
		words  []string
	}{
		"a length that is too long":      {raw("Content-Length: 99\r\nConnection: close", ids(1)), []string{"cut off"}},
		"a length that is too short":     {raw("Content-Length: 5\r\nConnection: close", ids(1)), []string{"truncated"}},
		"a length that is none":          {raw("Content-Length: many", ids(1)), []string{"Content-Length"}},
		"two lengths":                    {raw("Content-Length: 10\r\nContent-Length: 11", ids(1)), []string{"Content-Length"}},
		"a length of nothing":            {raw("Content-Length: 0", ids(1)), []string{"empty"}},
		"a link without an end":          {raw(`Link: </items?page=2>; rel="next`+"\r\nContent-Length: 10", ids(1)), []string{"Link", "cannot be read"}},
		"a link without brackets":        {raw(`Link: http://api.test/items?page=2; rel="next"`+"\r\nContent-Length: 10", ids(1)), []string{"Link", "cannot be read"}},
		"a link to nowhere":              {raw(`Link: <>; rel="next"`+"\r\nContent-Length: 10", ids(1)), []string{"Link", "cannot be read"}},
		"a link that is no URL":          {raw(`Link: <http://[::1>; rel="next"`+"\r\nContent-Length: 10", ids(1)), []string{"cannot be read"}},
		"a link of another scheme":       {raw(`Link: <file:///etc/passwd>; rel="next"`+"\r\nContent-Length: 10", ids(1)), []string{"no http or https URL"}},
		"a link to itself":               {raw(`Link: </items>; rel="next"`+"\r\nContent-Length: 10", ids(1)), []string{"circle"}},
		"an error that is no error":      {raw("Connection: close", `{"error":{"code":500,"message":"Internal"}}`), []string{"error", "items"}},
		"an error in a list":             {raw("Connection: close", `[{"error":"Internal"}]`), []string{"no key"}},
		"a list and then an error":       {raw("Connection: close", ids(1)+`{"error":"timeout"}`), []string{"more data"}},
		"a list and then a page of HTML": {raw("Connection: close", ids(1)+"\n<html>502</html>"), []string{"more data"}},
		"a list with an error in it":     {raw("Connection: close", `[{"id":1},{"id":2},{"message":"the backend is gone"}]`), []string{"item 2", "no key"}},
		"JSON that is HTML":              {raw("Connection: close", "<html>sign in</html>"), []string{"invalid JSON"}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", hijacked(c.answer))
				w.bad(byLink, c.words...)
			})
		})
	}
}
