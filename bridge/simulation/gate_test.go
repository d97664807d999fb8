package simulation

import (
	"context"
	"net"
	"sync"
	"time"
)

// A gate stands between one life of the program and all that outlives it: the state, the servers, the receivers.
// It notes the points at which the life is, kills it at one of them, and from then on swallows everything: what
// the dying still do reaches nobody.
type gate struct {
	network func(ctx context.Context, network, address string) (net.Conn, error)
	died    chan struct{} // closed by the kill

	mu    sync.Mutex
	dead  bool
	when  time.Time // of the kill
	where string    // the point of the kill
	armed string    // the point at which it dies, "" for none
	left  int       // times that it is still passed
	conns map[*conn]bool
}

func newGate(network func(context.Context, string, string) (net.Conn, error)) *gate {
	return &gate{network: network, died: make(chan struct{}), conns: map[*conn]bool{}}
}

// arm has the life die at the so many-th time that it comes to a point from now on.
func (g *gate) arm(point string, times int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed, g.left = point, times
}

// at says that the life is at a point. It returns whether it goes on.
func (g *gate) at(point string) (alive bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dead || g.armed != point {
		return !g.dead
	}
	if g.left--; g.left > 0 {
		return true
	}
	g.end(point)
	return false
}

func (g *gate) kill(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.dead {
		g.end(why)
	}
}

func (g *gate) end(where string) {
	g.dead, g.when, g.where = true, time.Now(), where
	for c := range g.conns {
		_ = c.Conn.Close()
	}
	close(g.died)
}

func (g *gate) alive() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.dead
}

// dial connects to a server, for as long as the life lasts.
func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !g.alive() {
		return nil, net.ErrClosed
	}
	opened, err := g.network(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{opened, g}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dead {
		_ = opened.Close()
		return nil, net.ErrClosed
	}
	g.conns[c] = true
	return c, nil
}

type conn struct {
	net.Conn
	gate *gate
}

func (c *conn) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.conns, c)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
