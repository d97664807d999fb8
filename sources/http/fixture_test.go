package http_test

import (
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// A world is a bubble of time with servers in it.
type world struct {
	*testing.T
	*sourcetest.Network
	keep  *sourcetest.Keep
	mu    sync.Mutex // requests that are given up go on beside the next ones
	asked []string   // the requests that were made, as method, URL and what a test adds

	conditional []bool // whether each request bore validators, where a test notes that
}

func in(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, Network: sourcetest.NewNetwork(), keep: sourcetest.NewKeep()}
		w.Serve(t, sourcetest.TokenAddress, sourcetest.Tokens())
		test(w)
	})
}

// serve answers at http://host and notes each request.
func (w *world) serve(host string, handler nethttp.HandlerFunc) {
	w.Helper()
	if !strings.Contains(host, ":") {
		host += ":80"
	}
	w.Serve(w.T, host, nethttp.HandlerFunc(func(rw nethttp.ResponseWriter, r *nethttp.Request) {
		w.note(r.Method + " " + r.Host + r.URL.RequestURI())
		handler(rw, r)
	}))
}

func (w *world) note(request string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, request)
}

func (w *world) build(config string) bridge.Source {
	w.Helper()
	return sourcetest.MustBuild(w.T, http.Kind(), config, bridge.Env{
		Name: "tested", Version: "1.2.3", Temp: w.TempDir(), Dial: w.Dial, Keep: w.keep,
	})
}

// poll polls a new source once.
func (w *world) poll(config string) sourcetest.Polled {
	w.Helper()
	return sourcetest.Poll(w.Context(), w.build(config), nil)
}

// good polls a new source and checks what was listed.
func (w *world) good(config string, coverage bridge.Coverage, keys string) sourcetest.Polled {
	w.Helper()
	p := w.poll(config)
	w.check(p, coverage, keys)
	return p
}

func (w *world) check(p sourcetest.Polled, coverage bridge.Coverage, keys string) {
	w.Helper()
	if p.Err != nil {
		w.Fatalf("poll: %v", p.Err)
	}
	if p.Outcome.Coverage != coverage || p.Keys() != keys {
		w.Errorf("%s with %q, want %s with %q", p.Outcome.Coverage, p.Keys(), coverage, keys)
	}
}

// bad polls a new source, and checks that it fails with an error that says all of the words.
func (w *world) bad(config string, words ...string) sourcetest.Polled {
	w.Helper()
	p := w.poll(config)
	w.failed(p, words...)
	return p
}

func (w *world) failed(p sourcetest.Polled, words ...string) {
	w.Helper()
	if p.Err == nil {
		w.Errorf("the poll went well: %s with %q", p.Outcome.Coverage, p.Keys())
		return
	}
	if p.Outcome.Cursor != nil || p.Outcome.Coverage != bridge.Changes {
		w.Errorf("a failed poll has the outcome %+v", p.Outcome)
	}
	for _, word := range words {
		if !strings.Contains(p.Err.Error(), word) {
			w.Errorf("error %q does not say %q", p.Err, word)
		}
	}
}

func (w *world) requests(want ...string) {
	w.Helper()
	if got := strings.Join(w.asked, "\n"); got != strings.Join(want, "\n") {
		w.Errorf("asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// ids writes a list of items with these ids.
func ids(numbers ...int) string {
	var items []string
	for _, n := range numbers {
		items = append(items, fmt.Sprintf(`{"id":%d}`, n))
	}
	return "[" + strings.Join(items, ",") + "]"
}

func answerJSON(w nethttp.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(body))
}

func kind() bridge.Kind[bridge.Source] { return http.Kind() }

// local serves on loopback, in real time.
func local(t *testing.T, handler nethttp.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func equalJSON(a, b string) bool {
	x, y := jsontext.Value(a), jsontext.Value(b)
	return x.Canonicalize() == nil && y.Canonicalize() == nil && string(x) == string(y)
}
