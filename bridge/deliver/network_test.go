package deliver_test

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// network is an HTTP server in memory, which a bubble can hold.
type network struct {
	conns  chan net.Conn
	closed chan struct{}
}

func serve(t *testing.T, handler http.HandlerFunc) *network {
	t.Helper()
	n := &network{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: handler}
	done := make(chan error)
	go func() { done <- server.Serve(n) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return n
}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.conns <- server:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	close(n.closed)
	return nil
}

func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }
