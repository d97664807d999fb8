package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptAPI is an upstream that answers as its script says, and remembers what it was asked.
type scriptAPI struct {
	server  *httptest.Server
	mu      sync.Mutex
	answers map[string]scriptAnswerOf // by path and query
	log     strings.Builder
}

type scriptAnswerOf struct {
	status int
	header http.Header
	body   string
}

func newScriptAPI() *scriptAPI {
	a := &scriptAPI{answers: map[string]scriptAnswerOf{}}
	a.server = httptest.NewServer(a)
	return a
}

func (a *scriptAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fmt.Fprintf(&a.log, "%s %s\n", r.Method, r.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&a.log, "  %s: %s\n", name, strings.Join(r.Header[name], ", "))
	}
	answer, known := a.answers[r.URL.RequestURI()]
	if !known {
		answer, known = a.answers[r.URL.Path]
	}
	if !known {
		http.NotFound(w, r)
		return
	}
	maps.Copy(w.Header(), answer.header)
	w.WriteHeader(answer.status)
	_, _ = w.Write([]byte(answer.body)) // the one who asked may have gone
}

// scriptServe sets what the upstream answers: serve PATH FILE|- [STATUS] ['NAME: VALUE' ...].
func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serve path file|- [status] ['name: value' ...]")
	}
	answer := scriptAnswerOf{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	if args[1] != "-" {
		answer.body = ts.ReadFile(args[1])
	}
	for _, arg := range args[2:] {
		if name, value, found := strings.Cut(arg, ":"); found {
			answer.header.Set(name, strings.TrimSpace(value))
			continue
		}
		status, err := strconv.Atoi(arg)
		ts.Check(err)
		answer.status = status
	}
	a := worldOf(ts).api
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[args[0]] = answer
}

// scriptAsked writes what the upstream was asked since the last time to a file: asked FILE.
func scriptAsked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: asked file")
	}
	a := worldOf(ts).api
	a.mu.Lock()
	defer a.mu.Unlock()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(a.log.String()), 0o600))
	a.log.Reset()
}
