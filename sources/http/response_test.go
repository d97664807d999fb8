package http_test

import (
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// rule writes a response block.
func rule(status, when, action string) string {
	text := "\nresponse {\n"
	if status != "" {
		text += "status = " + status + "\n"
	}
	if when != "" {
		text += "when = " + when + "\n"
	}
	return text + fmt.Sprintf("action = %q\n}\n", action)
}

// answers gives each status and body in turn, and the last one for good.
func answers(bodies ...string) nethttp.HandlerFunc {
	return func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		status, body, _ := strings.Cut(bodies[0], " ")
		if len(bodies) > 1 {
			bodies = bodies[1:]
		}
		code := 0
		_, _ = fmt.Sscan(status, &code)
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(body, "<") {
			w.Header().Set("Content-Type", "text/html")
		}
		w.Header().Set("X-State", "busy")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// H4: what each action makes of an answer that would otherwise fail the poll.
func TestAResponseRuleSaysWhatToDoWithAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		rules    string
		answers  []string
		coverage bridge.Coverage
		keys     string
	}{
		"ok":                     {rule("[404]", "", "ok"), []string{`404 [{"id":1}]`}, bridge.Complete, "1"},
		"empty":                  {rule("[404]", "", "empty"), []string{`404 nothing`}, bridge.Complete, ""},
		"empty, no content":      {rule("[204]", "", "empty"), []string{`204`}, bridge.Complete, ""},
		"skip":                   {rule("[503]", "", "skip"), []string{`503 maintenance`}, bridge.Skipped, ""},
		"skip a 200":             {rule("", "body.state == \"busy\"", "skip"), []string{`200 {"state":"busy"}`}, bridge.Skipped, ""},
		"retry":                  {rule("[404]", "", "retry"), []string{`404 x`, `404 x`, `200 [{"id":1}]`}, bridge.Complete, "1"},
		"retry a 200":            {rule("", "try(body.state, null) == \"busy\"", "retry"), []string{`200 {"state":"busy"}`, `200 [{"id":1}]`}, bridge.Complete, "1"},
		"resync":                 {rule("[410]", "", "resync"), []string{`410 gone`, `200 [{"id":1}]`}, bridge.Complete, "1"},
		"a class":                {rule(`["4xx"]`, "", "empty"), []string{`418 x`}, bridge.Complete, ""},
		"the first that matches": {rule("[404]", "body.code == 7", "fail") + rule("[404]", "", "empty") + rule("[404]", "", "fail"), []string{`404 {"code":8}`}, bridge.Complete, ""},
		"over headers":           {rule("", `headers["x-state"] == "busy" && status == 404`, "empty"), []string{`404 x`}, bridge.Complete, ""},
		"over the body":          {rule("[400]", "body.errors[0].code == \"none\"", "empty"), []string{`400 {"errors":[{"code":"none"}]}`}, bridge.Complete, ""},
		"none for a good one":    {rule("[200]", "body.error != null", "fail"), []string{`200 [{"id":1}]`}, bridge.Complete, "1"},
		"a 5xx is retried still": {rule("[404]", "", "empty"), []string{`503 x`, `200 [{"id":1}]`}, bridge.Complete, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", answers(c.answers...))
				p, _ := w.pollFor(time.Minute, plain+c.rules)
				w.check(p, c.coverage, c.keys)
				if len(w.asked) != len(c.answers) || len(p.Trace) != len(c.answers) {
					w.Errorf("%d requests, traced %+v", len(w.asked), p.Trace)
				}
			})
		})
	}
}

// H4 and P8: what still fails the poll, and what it says.
func TestAnAnswerThatARuleFailsIsQuoted(t *testing.T) {
	for name, c := range map[string]struct {
		rules   string
		answers []string
		words   []string
		asked   int
	}{
		"a 200 with an error":        {rule("", "body.error != null", "fail"), []string{`200 {"error":"no such view"}`}, []string{"status 200", "rule", "a failure", "no such view"}, 1},
		"a 5xx that is not retried":  {rule("[503]", "", "fail"), []string{`503 for good`}, []string{"status 503", "for good"}, 1},
		"resync again and again":     {rule("[410]", "", "resync"), []string{`410 gone`}, []string{"status 410", "gone"}, 2},
		"HTML matches no null":       {rule("", "body.items == null", "empty"), []string{`404 <html>`}, []string{"status 404"}, 1},
		"half a JSON matches none":   {rule("[404]", "body.x == null", "empty"), []string{`404 {"x":null`}, []string{"status 404"}, 1},
		"a 200 that is no JSON":      {rule("[200]", "body.x == null", "empty"), []string{`200 {"x":`}, []string{"rule 1", "truncated"}, 1},
		"nothing to refresh":         {"auth \"bearer\" {\n token = env(\"T\")\n}\n" + rule("[401]", "", "refresh_token"), []string{`401 expired`}, []string{"status 401", "expired", "cannot be had anew"}, 1},
		"no match":                   {rule("[404]", "body.x == 1", "empty"), []string{`404 {"x":2}`}, []string{"status 404", "look at url"}, 1},
		"an expression that fails":   {rule("[400]", "body.x + 1 == 2", "empty"), []string{`400 {"x":"a"}`}, []string{"response rule 1", "status 400"}, 1},
		"an expression with no bool": {rule("[400]", "body.x", "empty"), []string{`400 {"x":"a"}`}, []string{"response rule 1", "true or false"}, 1},
		"ok on what is no list":      {rule("[404]", "", "ok"), []string{`404 {"x":2}`}, []string{"nothing at the path", "items"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				w.serve("api.test", answers(c.answers...))
				p, _ := w.pollFor(time.Minute, strings.Replace(plain, "key", "items = body.data\nkey", 1)+c.rules)
				w.failed(p, append(c.words, "page 1")...)
				if len(w.asked) != c.asked {
					w.Errorf("%d requests, want %d", len(w.asked), c.asked)
				}
				if strings.Contains(p.Err.Error(), sourcetest.Marker) {
					w.Errorf("the secret shows: %v", p.Err)
				}
			})
		})
	}
}

// H4: a retry ends with the poll, and not sooner than the server asks.
func TestARetryByARuleKeepsToThePollsTime(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", answers(`404 x`))
		p, took := w.pollFor(20*time.Second, plain+rule("[404]", "", "retry"))
		w.failed(p, "gave up after", "tries", "status 404")
		if took >= 20*time.Second || len(w.asked) < 3 {
			w.Errorf("%d requests in %s", len(w.asked), took)
		}
	})
	in(t, func(w *world) {
		w.serve("api.test", flaky(403, "10", 1))
		p, took := w.pollFor(time.Minute, plain+rule("[403]", "", "retry"))
		w.check(p, bridge.Complete, "1")
		if took != 10*time.Second {
			w.Errorf("after %s", took)
		}
	})
}

// H4, on pages after the first.
func TestARuleHoldsOnEachPage(t *testing.T) {
	page := func(second string) nethttp.HandlerFunc {
		return func(w nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Query().Get("page") == "1" {
				answers(`200 [{"id":1}]`)(w, r)
				return
			}
			answers(second)(w, r)
		}
	}
	config := plain + "page \"number\" {}\n"
	in(t, func(w *world) {
		w.serve("api.test", page("404 no such page"))
		w.good(config+rule("[404]", "", "empty"), bridge.Complete, "1")
		w.good(config+rule("[404]", "", "skip"), bridge.Skipped, "1")
		w.bad(config+rule("[404]", "", "resync"), "page 2", "status 404")
	})
}

// A poll after one that a rule cut short is unconditional, and a rule goes before what is remembered.
func TestWhatARuleMadeOfAnAnswerIsNotRemembered(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", answers(`404 {}`, `404 {}`, `200 [{"id":1}]`, `200 [{"id":1}]`, `404 {}`))
		source := w.build(plain + rule("[404]", "", "empty"))
		var cursor bridge.Cursor
		for i, want := range []bridge.Coverage{bridge.Complete, bridge.Complete, bridge.Complete, bridge.Unchanged, bridge.Complete} {
			p := sourcetest.Poll(w.Context(), source, cursor)
			if p.Err != nil || p.Outcome.Coverage != want {
				w.Fatalf("poll %d: %s, %v", i, p.Outcome.Coverage, p.Err)
			}
			cursor = p.Outcome.Cursor
		}
	})
}

// H6: a body is read for a rule within its bound only.
func TestARuleReadsNoBodyOverTheBound(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", answers(`404 {"x":"`+strings.Repeat("x", 100_000)+`"}`))
		w.bad(plain+"max_body = \"10KiB\"\n"+rule("[404]", "", "empty"), "status 404")
		w.bad(plain+"max_item = \"10KiB\"\n"+rule("[404]", "body.x != null", "empty"), "status 404")
		w.good(plain+rule("[404]", "body.x != null", "empty"), bridge.Complete, "")
	})
}

// H4: a rule over an XML answer.
func TestARuleReadsXML(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", serveText("text/xml", `<fault code="7"><reason>gone</reason></fault>`).ServeHTTP)
		config := plain + "format = \"xml\"\nitems = body.list.a\n"
		w.good(config+rule("", `body.fault["@code"] == "7"`, "empty"), bridge.Complete, "")
		w.bad(config+rule("", "body.fault.reason == \"gone\"", "fail"), "status 200", "gone")
		w.bad(config+rule("", "body.fault.reason == \"else\"", "empty"), "nothing at the path", "fault")
	})
}
