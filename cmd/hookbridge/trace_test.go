package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// What marks the places in a trace of system calls.
const (
	traceAnswer  = "X-Trace: the-change"
	traceRefusal = "X-Trace: the-refusal"
	traceReplay  = "POST /v1/events/replay"
	tracePath    = "/the-hook"
)

// R2: between what causes a POST and its first byte, the files of the state that changed meanwhile were synced to
// disk, and the sync had returned. The cause is the answer that holds a change, the answer that refused it, and
// an operator who wants it sent again.
func TestTheOutboxRowIsSyncedBeforeTheFirstByteOfItsPost(t *testing.T) {
	t.Run("of one event", func(t *testing.T) { checkPosts(t, "") })
	t.Run("of a batch", func(t *testing.T) { checkPosts(t, "batch {\n    wait = \"50ms\"\n  }") })
}

// checkPosts has an event sent, refused, sent again, and replayed, by a sink with this block.
func checkPosts(t *testing.T, batch string) {
	traced := newTraced(t)
	posts := make(chan traceFiles, 1)
	var refused atomic.Bool
	receiver := liveServe(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		posts <- traced.files()
		if refused.CompareAndSwap(false, true) {
			w.Header().Set("X-Trace", "the-refusal")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	traced.sink(fmt.Sprintf(`
sink "webhook" "out" {
  url    = %q
  secret = %q
  retry {
    schedule = ["100ms", "1h"]
  }
  %s
}
`, receiver+tracePath, signature.NewSecret(), batch))
	before := traced.change()
	first := liveNext(t, posts, "the webhook")
	second := liveNext(t, posts, "the webhook after its refusal")
	traced.untilSent()
	quiet := traced.files()
	if _, err := traced.client().Replay(t.Context(), admin.Replay{Sink: "out", All: true}); err != nil {
		t.Fatal(err)
	}
	third := liveNext(t, posts, "the webhook again")
	calls := traced.calls()
	place := calls.checkPost(t, traceAnswer, first.changed(before), 0)
	place = calls.checkPost(t, traceRefusal, second.changed(first), place)
	calls.checkPost(t, traceReplay, third.changed(quiet), place)
}

// R2: what the file sink has written is synced before the outcome of its delivery is.
func TestTheLineOfAnEventIsSyncedBeforeItsDeliveryIsSettled(t *testing.T) {
	traced := newTraced(t)
	file := filepath.Join(traced.dir, "audit.jsonl")
	traced.sink(fmt.Sprintf("sink \"file\" \"out\" {\n  path = %q\n}\n", file))
	before := traced.change()
	traced.untilSent()
	changed := traced.files().changed(before)
	calls := traced.calls()
	written := calls.first(t, "the line", 0, func(c traceCall) bool { return c.sends("orders.updated") })
	synced := calls.first(t, "its sync", written.end, func(c traceCall) bool { return c.syncs() && traceFile(c.args) == file })
	settled := calls.first(t, "the sync of the outcome", written.begin, func(c traceCall) bool {
		return c.syncs() && slices.Contains(changed, calls.synced(c))
	})
	if settled.begin < synced.end {
		t.Errorf("the outcome was synced at %d, and the line at %d", settled.begin, synced.end)
	}
}

// checkPost checks the first POST after a cause, which comes after a place, and returns its own place.
func (all traceCalls) checkPost(t *testing.T, cause string, changed []string, after int) int {
	t.Helper()
	caused := all.first(t, cause, after, func(c traceCall) bool { return c.reads(cause) })
	posted := all.first(t, "the POST", caused.end, func(c traceCall) bool { return c.sends("POST " + tracePath) })
	synced := all.between(caused.end, posted.begin)
	if len(changed) == 0 {
		t.Errorf("%s: nothing changed in the state before the POST", cause)
	}
	for _, file := range changed {
		if !slices.Contains(synced, file) {
			t.Errorf("%s: %s changed, and synced before the POST were only %v", cause, file, synced)
		}
	}
	return posted.end
}

// A traced is a daemon whose system calls are written down, and an API that shows one change.
type traced struct {
	*live
	api     string
	changed atomic.Bool
	trace   string
}

func newTraced(t *testing.T) *traced {
	needs(t, "strace")
	traceable(t)
	r := &traced{live: newLive(t, "")}
	r.trace = filepath.Join(r.dir, "trace")
	r.api = liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		state := "open"
		if r.changed.Load() {
			w.Header().Set("X-Trace", "the-change")
			state = "closed"
		}
		_, _ = fmt.Fprintf(w, `[{"id":1,"state":%q}]`, state)
	})
	r.command = append([]string{
		"strace", "-f", "-y", "-s", "600", "-o", r.trace,
		"-e", "trace=read,write,writev,sendto,sendmsg,mmap,msync,fsync,fdatasync,openat,connect",
	}, r.command...)
	return r
}

// traceable skips the test where a process may not be traced.
func traceable(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("strace", "-f", "-o", os.DevNull, "hookbridge", "version").CombinedOutput(); err != nil {
		lacks(t, fmt.Sprintf("processes cannot be traced: %v: %s", err, out))
	}
}

// sink writes the configuration, with this block for the sink out.
func (r *traced) sink(block string) {
	r.configure(fmt.Sprintf(`
source "http" "orders" {
  every = "1h"
  url   = "%s/"
  items = body
  key   = item.id
  sinks = [sink.out]
}
`, r.api) + block)
}

// change starts the daemon and has it find the change. It returns the state as it was before that.
func (r *traced) change() traceFiles {
	r.mustStart()
	r.poll("orders")
	before := r.files()
	r.changed.Store(true)
	r.poll("orders")
	return before
}

// calls stops the daemon and returns what it called.
func (r *traced) calls() traceCalls {
	r.untilSent()
	r.stop()
	return readTrace(r, r.trace)
}

// traceFiles are digests of the files of a state. What was written to a mapping of one shows at once, synced or not.
type traceFiles map[string][sha256.Size]byte

func (r *traced) files() traceFiles {
	all := traceFiles{}
	entries, err := os.ReadDir(r.state())
	if err != nil {
		r.Error(err)
	}
	for _, entry := range entries {
		if path := filepath.Join(r.state(), entry.Name()); entry.Type().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				r.Error(err)
			}
			all[path] = sha256.Sum256(text)
		}
	}
	return all
}

// noted reports whether a file of the state says of the others what was synced or who holds them: nothing is lost
// with it.
func noted(path string) bool {
	return strings.HasSuffix(path, "/LOCK") || strings.HasSuffix(path, "/ACKNOWLEDGED")
}

// changed returns the files that are not as they were.
func (now traceFiles) changed(was traceFiles) (paths []string) {
	for _, path := range slices.Sorted(maps.Keys(now)) {
		if now[path] != was[path] && !noted(path) {
			paths = append(paths, path)
		}
	}
	return paths
}
