package daemon

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
)

// world is a daemon over a real state, with sources and sinks that do what the test wants.
type world struct {
	*testing.T
	dir  string
	log  syncBuffer
	pipe pipeListener
	*Daemon
	stop  context.CancelFunc
	ended chan error

	version  string        // of the program; "": 1.2.3
	building time.Duration // of a source's plugin
	refused  bool          // sources are mistakes

	mu    sync.Mutex
	items map[string][]string // ids, by source
	fails map[string]error    // by source
	built []string            // plugins that were built and then used, in order
	sent  []string            // what sinks took: "sink: type key"
	hold  chan struct{}       // while not nil, attempts wait until it is closed
	deaf  bool                // they do so even when they are cut off
	busy  int                 // attempts under way
	slow  time.Duration       // of a poll
}

// inBubble runs a test with fake time around a world.
func inBubble(t *testing.T, test func(w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, dir: dir, items: map[string][]string{}, fails: map[string]error{}}
		test(w)
	})
}

// writes writes the configuration.
func (w *world) writes(text string) {
	w.Helper()
	text = fmt.Sprintf("state {\n  path    = %q\n  history = \"10m\"\n}\n%s", filepath.Join(w.dir, "state"), text)
	w.overwrites(text)
}

func (w *world) overwrites(text string) {
	w.Helper()
	if err := os.WriteFile(w.path(), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *world) path() string { return filepath.Join(w.dir, "hookbridge.hcl") }

func (w *world) options() Options {
	return Options{
		Path: w.path(), Version: cmp.Or(w.version, "1.2.3"),
		Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Config: config.Options{Kinds: config.Kinds{
			Sources: []bridge.Kind[bridge.Source]{{Name: "test", New: w.newSource}},
			Sinks:   []bridge.Kind[bridge.Sink]{{Name: "test", New: w.newSink}},
		}},
	}
}

// starts runs a daemon under a configuration.
func (w *world) starts(config string) {
	w.Helper()
	w.writes(config)
	w.opens()
	w.runs()
}

// opens makes a daemon that does not run yet.
func (w *world) opens() { w.Daemon = newDaemon(w.options()) }

func (w *world) runs() {
	ctx, stop := context.WithCancel(w.Context())
	w.stop, w.ended, w.pipe = stop, make(chan error, 1), newPipeListener()
	listen := func(string) (net.Listener, error) { return w.pipe, nil }
	go func() { w.ended <- errors.Join(w.run(ctx, listen), w.close()) }()
	synctest.Wait()
}

// ends stops the daemon and waits for it.
func (w *world) ends() {
	w.Helper()
	w.stop()
	if err := <-w.ended; err != nil {
		w.Errorf("the daemon ended with %v", err)
	}
}

// has makes a source list these items.
func (w *world) has(source string, ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.items[source] = ids
}

// polls polls a source now, which is to go well.
func (w *world) polls(source string) {
	w.Helper()
	report, err := w.Poll(w.Context(), source, nil)
	if err = errors.Join(err, report.Err); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// took returns what sinks took so far.
func (w *world) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// wants fails the test unless sinks took just this, in this order.
func (w *world) wants(sent ...string) {
	w.Helper()
	if got := w.took(); !slices.Equal(got, sent) {
		w.Errorf("sinks took %q, want %q", got, sent)
	}
}

// holds makes attempts wait from now on; what it returns lets them go.
func (w *world) holds() (letGo func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	hold := make(chan struct{})
	w.hold = hold
	return func() {
		w.mu.Lock()
		w.hold = nil
		w.mu.Unlock()
		close(hold)
		synctest.Wait()
	}
}

// gets asks the operators' API.
func (w *world) gets(path string) (status int, body string) {
	w.Helper()
	transport := &http.Transport{DialContext: w.pipe.dial}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("http://localhost" + path)
	if err != nil {
		w.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		w.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// pipeListener is a listener in memory, whose connections do not hinder fake time.
type pipeListener struct {
	accept chan net.Conn
	closed chan struct{}
	once   *sync.Once
}

func newPipeListener() pipeListener {
	return pipeListener{make(chan net.Conn), make(chan struct{}), new(sync.Once)}
}

func (p pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accept:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipeListener) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.accept <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// one is a configuration of one source and one sink.
const one = `
source "test" "things" {
  every   = "1h"
  initial = "emit"
  sinks   = [sink.out]
}
sink "test" "out" {
  retry {
    schedule = ["1m"]
    jitter   = "0%"
  }
}
`
