package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// scriptReceiver takes webhooks, or answers with the status that its script wants. What is signed wrongly it
// refuses with 401, unless it came to a path other than /.
type scriptReceiver struct {
	server *httptest.Server
	key    signature.Key
	mu     sync.Mutex
	status int
	taken  []string // a line for each
	failed int      // requests that were answered with a status other than 2xx
}

func newScriptReceiver(key signature.Key) *scriptReceiver {
	r := &scriptReceiver{key: key, status: http.StatusNoContent}
	r.server = httptest.NewServer(r)
	return r
}

func (s *scriptReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	if r.URL.Path == "/" && signature.Verify(r.Header, body, time.Now(), s.key) != nil {
		status = http.StatusUnauthorized
	}
	if status/100 == 2 {
		s.taken = append(s.taken, fmt.Sprintf("%s %s %s\n", r.Header.Get(signature.HeaderID), r.URL.Path, body))
	} else {
		s.failed++
	}
	w.WriteHeader(status)
}

// scriptAnswer sets what the receiver answers: receiver STATUS.
func scriptAnswer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: receiver status")
	}
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := worldOf(ts).receiver
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// scriptReceived waits until the receiver took so many webhooks in all, and writes them to a file, one a line
// with id, path and body: received N FILE. More than N is a failure.
func scriptReceived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: received n file")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := worldOf(ts).receiver
	enough := scriptWithin(scriptWait, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.taken) >= want
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(s.taken, "")), 0o600))
	if !enough || len(s.taken) > want {
		ts.Fatalf("the receiver took %d webhooks, want %d:\n%s", len(s.taken), want, strings.Join(s.taken, ""))
	}
}

// scriptRefused waits until the receiver refused at least so many requests in all: refused N.
func scriptRefused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: refused n")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := worldOf(ts).receiver
	enough := scriptWithin(scriptWait, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.failed >= want
	})
	if !enough {
		ts.Fatalf("the receiver refused fewer than %d requests within %s", want, scriptWait)
	}
}
