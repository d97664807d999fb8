package sourcetest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A Network is a set of servers that are reached through memory, by any name, so that time in a
// testing/synctest bubble stands still while they work. Its Dial is for [bridge.Env].
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	open      atomic.Int64
	dialed    atomic.Int64
}

// NewNetwork makes a network without servers.
func NewNetwork() *Network { return &Network{listeners: map[string]*listener{}} }

// Serve answers requests to the address, a host and a port, until the test ends. The handler takes the place
// of an earlier one, also on connections that are open.
func (n *Network) Serve(t *testing.T, address string, handler http.Handler) {
	t.Helper()
	l := n.listen(address)
	if l.handler.Swap(&handler) != nil {
		return
	}
	running := &gate{idle: make(chan struct{})}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if running.enter() {
			defer running.leave()
			(*l.handler.Load()).ServeHTTP(w, r)
		}
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with ErrServerClosed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
		running.close()
	})
}

func (n *Network) listen(address string) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[address] == nil {
		n.listeners[address] = &listener{address: address, conns: make(chan net.Conn), closed: make(chan struct{})}
	}
	return n.listeners[address]
}

// Dial connects to a server of the network.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[strings.ToLower(address)]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: no such host", address)
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		n.open.Add(1)
		n.dialed.Add(1)
		return &counted{Conn: near, open: &n.open}, nil
	case <-l.closed:
		return nil, fmt.Errorf("dial %s: connection refused", address)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Open counts the connections that were dialed and not closed.
func (n *Network) Open() int { return int(n.open.Load()) }

// Dialed counts the connections that were ever dialed.
func (n *Network) Dialed() int { return int(n.dialed.Load()) }

type counted struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

type listener struct {
	address string
	handler atomic.Pointer[http.Handler]
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return name(l.address) }

type name string

func (name) Network() string  { return "memory" }
func (n name) String() string { return string(n) }

// A gate lets requests in until it is closed, and tells when the last one has left.
type gate struct {
	mu     sync.Mutex
	inside int
	closed bool
	idle   chan struct{}
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.inside == 0 && g.closed {
		close(g.idle)
	}
}

func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	empty := g.inside == 0
	g.mu.Unlock()
	if !empty {
		<-g.idle
	}
}
