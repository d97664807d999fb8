package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// What marks the two ends of the way of a change in a trace of system calls.
const (
	traceAnswer = "X-Trace: the-change"
	tracePath   = "/the-hook"
)

// R2: one change, one webhook. Between the answer that holds the change and the first byte of the POST, the
// file of the state that holds the event was synced to disk, and the sync had returned.
func TestTheOutboxRowIsSyncedBeforeTheFirstByteOfItsPost(t *testing.T) {
	needs(t, "strace")
	traceable(t)
	l, change, posts := newTraced(t)
	file := filepath.Join(l.dir, "trace")
	l.command = append([]string{
		"strace", "-f", "-y", "-s", "600", "-o", file,
		"-e", "trace=read,write,writev,sendto,sendmsg,mmap,msync,fsync,fdatasync,openat,connect",
	}, l.command...)
	l.mustStart()
	l.poll("orders")
	change.Store(true)
	l.poll("orders")
	holders := liveNext(t, posts, "the webhook")
	l.untilSent()
	l.stop()
	calls := readTrace(t, file)
	answered := calls.first(t, "the answer with the change", 0, func(c traceCall) bool { return c.reads(traceAnswer) })
	posted := calls.first(t, "the POST", answered.end, func(c traceCall) bool { return c.sends("POST " + tracePath) })
	for _, synced := range calls.syncs(answered.end, posted.begin) {
		if holders[synced] {
			return
		}
	}
	t.Errorf("the event is in %v, and synced between answer and POST were only %v",
		holders, calls.syncs(answered.end, posted.begin))
}

// traceable skips the test where a process may not be traced.
func traceable(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("strace", "-f", "-o", os.DevNull, "hookbridge", "version").CombinedOutput(); err != nil {
		lacks(t, fmt.Sprintf("processes cannot be traced: %v: %s", err, out))
	}
}

// newTraced returns a daemon, what makes its API show a change, and, for each webhook when it arrives, the
// files of the state that hold its event.
func newTraced(t *testing.T) (l *live, change *atomic.Bool, posts chan map[string]bool) {
	change, posts = new(atomic.Bool), make(chan map[string]bool, 1)
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		state := "open"
		if change.Load() {
			w.Header().Set("X-Trace", "the-change")
			state = "closed"
		}
		_, _ = fmt.Fprintf(w, `[{"id":1,"state":%q}]`, state)
	})
	receiver := liveServe(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		posts <- holdersOf(t, l.state(), r.Header.Get("Webhook-Id"))
	})
	l = newLive(t, fmt.Sprintf(`
source "http" "orders" {
  every = "1h"
  url   = "%s/"
  items = body
  key   = item.id
  sinks = [sink.receiver]
}
sink "webhook" "receiver" {
  url    = %q
  secret = %q
}
`, api, receiver+tracePath, signature.NewSecret()))
	return l, change, posts
}

// holdersOf returns the files in which an event's id stands. What was written to a mapping of them shows here
// at once, synced or not.
func holdersOf(t *testing.T, state, id string) map[string]bool {
	holders := map[string]bool{}
	entries, err := os.ReadDir(state)
	if err != nil {
		t.Error(err)
	}
	for _, entry := range entries {
		path := filepath.Join(state, entry.Name())
		if entry.Type().IsRegular() && contains(t, path, id) {
			holders[path] = true
		}
	}
	if len(holders) == 0 {
		t.Errorf("event %q is nowhere in the state", id)
	}
	return holders
}

func contains(t *testing.T, path, text string) bool {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return bytes.Contains(content, []byte(text))
}
