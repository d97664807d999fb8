package route_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
)

// An HTTP/2 connection of which nothing comes any more is found out within half a minute, and the next request gets
// another one.
func TestAConnectionThatWentDeadWithoutAWordIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		authority := routetest.NewAuthority()
		network := newPipes(t, authority.Config(authority.Issue("api.test")))
		c := lead(t, "", `tls { ca = env("CA") }`, bridge.Env{
			Dial: network.dial, Getenv: func(string) (string, bool) { return authority.Cert, true },
		})
		ask := func() {
			t.Helper()
			if proto, err := c.get(t, "https://api.test/"); err != nil || proto != "HTTP/2.0" {
				t.Errorf("it answers %q: %v", proto, err)
			}
		}
		ask()
		ask()
		if len(network.conns) != 1 {
			t.Errorf("two requests took %d connections", len(network.conns))
		}
		first := network.conns[0]
		first.dead.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.test/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if resp, err := c.RoundTrip(req); err == nil { //nolint:bodyclose // there is none
			t.Errorf("a dead connection answers %s", resp.Status)
		}
		if waited := time.Since(began); waited > 30*time.Second {
			t.Errorf("it was given up after %s", waited)
		}
		ask()
		if len(network.conns) != 2 {
			t.Errorf("%d connections were made in all", len(network.conns))
		}
	})
}

// pipes lead to one server.
type pipes struct {
	toServer chan net.Conn
	closed   chan struct{}
	conns    []*mortal
}

func newPipes(t *testing.T, config *tls.Config) *pipes {
	t.Helper()
	p := &pipes{toServer: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{
		TLSConfig: config, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeTLS(p, "", "")
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return p
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.toServer <- far
	m := &mortal{Conn: near}
	p.conns = append(p.conns, m)
	return m, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.toServer:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }

// mortal is a connection. Once it is dead, what is written to it is lost, so that the other side has nothing to say.
type mortal struct {
	net.Conn
	dead atomic.Bool
}

func (m *mortal) Write(p []byte) (int, error) {
	if m.dead.Load() {
		return len(p), nil
	}
	return m.Conn.Write(p)
}
