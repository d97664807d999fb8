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

// H9: each request and answer, with what may be shown.
func TestATraceTellsEachExchange(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/items" {
				nethttp.Redirect(rw, r, "/moved?"+r.URL.RawQuery, nethttp.StatusFound)
				return
			}
			time.Sleep(time.Second)
			numbered(ids(1, 2), ids(3))(rw, r)
		})
		p := w.good(`
			url   = "http://api.test/items?state=open"
			query = { token = "inline", q = env("T"), sort = "id" }
			key   = item.id
			page "number" {
				size = 2
			}
			auth "api_key" {
				name  = "k"
				value = env("T")
				in    = "query"
			}
		`, bridge.Complete, "1 2 3")
		var told []string
		for _, e := range p.Trace {
			told = append(told, fmt.Sprintf("%d %s %s %d %s %d %d %s", e.Page, e.Method, e.URL, e.Status, e.Duration, e.Size, e.Items, e.Note))
		}
		want := []string{
			"1 GET http://api.test/items?state=open&q=…&sort=id&token=…&page=1 200 1s 19 2 redirected to http://api.test/moved",
			"2 GET http://api.test/items?state=open&q=…&sort=id&token=…&page=2 200 1s 10 1 redirected to http://api.test/moved",
		}
		if strings.Join(told, "\n") != strings.Join(want, "\n") {
			w.Errorf("traced\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestATraceTellsWhatWentWrong(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", linked(ids(1), `[{"id":2},{"x":"`+sourcetest.Marker+`"}]`))
		p := w.bad(byLink, "page 2")
		if last := p.Trace[len(p.Trace)-1]; len(p.Trace) != 2 || last.Status != 200 || !strings.Contains(last.Note, "no key") {
			w.Errorf("traced %+v", p.Trace)
		}
	})
}

func TestASecretURLIsToldByItsHostOnly(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) { nethttp.NotFound(rw, r) })
		p := w.bad("url = \"http://api.test/hooks/${urlencode(env(\"T\"))}\"\nkey = item.id", "GET http://api.test: status 404")
		if p.Trace[0].URL != "http://api.test" {
			w.Errorf("traced %+v", p.Trace)
		}
	})
}

// A server may repeat a credential in an answer that fails later than by its status.
func TestASecretInTheNamesOfAnAnswerIsHidden(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			answerJSON(rw, fmt.Sprintf(`{%q:1}`, sourcetest.Secret))
		})
		p := w.bad(plain+"items = body.data\nauth \"bearer\" {\n token = env(\"T\")\n}", "with the members (sensitive)")
		if told := fmt.Sprint(p.Err, p.Trace); strings.Contains(told, sourcetest.Marker) {
			w.Errorf("%s", told)
		}
	})
}
