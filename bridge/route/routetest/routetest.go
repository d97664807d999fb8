// Package routetest holds what stands between a client and a server, for tests: an authority that signs
// certificates, proxies that write down what they see, and a name server that changes its mind. All of it listens on
// loopback, and ends with the test.
package routetest

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// listen accepts connections until the test ends, and has each served in a goroutine of its own. All are closed then.
func listen(t testing.TB, serve func(net.Conn)) net.Addr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &lines{open: map[net.Conn]bool{}}
	l.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			l.serving.Go(func() { l.serve(conn, serve) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		l.close()
	})
	return listener.Addr()
}

// lines are the connections of a listener.
type lines struct {
	serving sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]bool
	closed  bool
}

func (l *lines) serve(conn net.Conn, serve func(net.Conn)) {
	defer conn.Close()
	l.mu.Lock()
	l.open[conn] = true
	late := l.closed
	l.mu.Unlock()
	if !late {
		serve(conn)
	}
	l.mu.Lock()
	delete(l.open, conn)
	l.mu.Unlock()
}

func (l *lines) close() {
	l.mu.Lock()
	l.closed = true
	for conn := range l.open {
		_ = conn.Close()
	}
	l.mu.Unlock()
	l.serving.Wait()
}

// A Record is what a proxy saw. It is safe for concurrent use.
type Record struct {
	mu    sync.Mutex
	asked []string
	bytes bytes.Buffer
}

// Asked returns what the proxy was asked for, one line for each time.
func (r *Record) Asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.asked...)
}

// Saw reports whether a text was among the bytes that went through the proxy in either direction, or to it.
func (r *Record) Saw(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(r.bytes.String(), text)
}

func (r *Record) note(asked string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, asked)
}

func (r *Record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes.Write(p)
}

// join carries bytes between a client and a server, until either ends. What the client says is recorded by who reads
// it; join records the answers.
func (r *Record) join(conn net.Conn, client io.Reader, server net.Conn) {
	var done sync.WaitGroup
	done.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	_, _ = io.Copy(conn, io.TeeReader(server, r))
	_ = conn.Close()
	_ = server.Close()
	done.Wait()
}
