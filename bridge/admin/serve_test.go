package admin

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// pipes is a listener in memory, so that time can be fake.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// inMemory runs test with a server on pipes, and a client of it, in fake time. Calling end ends the server and
// returns what it returned.
func inMemory(t *testing.T, f *fake, test func(t *testing.T, c *Client, p *pipes, end func() error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, log, served := newPipes(), slog.New(slog.DiscardHandler), make(chan error, 1)
		go func() { served <- Serve(ctx, p, New(f, setting.Secret{}, log), log) }()
		end := sync.OnceValue(func() error { cancel(); return <-served })
		c := NewClient("memory", setting.Secret{})
		dial := func(context.Context, string, string) (net.Conn, error) { return p.dial(), nil }
		transport := &http.Transport{DialContext: dial}
		c.http.Transport = transport
		test(t, c, p, end)
		transport.CloseIdleConnections()
		if err := end(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
}

func TestAPollMayTakeAnHour(t *testing.T) {
	f := newFake()
	f.onPoll = func(ctx context.Context, source string) (poll.Report, error) {
		time.Sleep(time.Hour)
		return poll.Report{Source: source, Took: time.Hour}, ctx.Err()
	}
	inMemory(t, f, func(t *testing.T, c *Client, _ *pipes, _ func() error) {
		if report, err := c.Poll(t.Context(), "issues"); err != nil || report.Took != "1h" {
			t.Errorf("got %+v, error %v", report, err)
		}
		if _, err := c.Status(t.Context()); err != nil {
			t.Errorf("the next request: %v", err)
		}
	})
}

func TestAClientThatGoesEndsWhatItAskedFor(t *testing.T) {
	f := newFake()
	ended := make(chan time.Time, 1)
	f.onPoll = func(ctx context.Context, _ string) (poll.Report, error) {
		<-ctx.Done()
		ended <- time.Now()
		return poll.Report{}, ctx.Err()
	}
	inMemory(t, f, func(t *testing.T, c *Client, _ *pipes, _ func() error) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := c.Poll(ctx, "issues"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := (<-ended).Sub(began); took != time.Minute {
			t.Errorf("it ended after %s", took)
		}
	})
}

func TestTheEndOfTheServerIsSaidToWhoWaits(t *testing.T) {
	f := newFake()
	f.onPoll = func(ctx context.Context, _ string) (poll.Report, error) {
		<-ctx.Done()
		return poll.Report{}, ctx.Err()
	}
	inMemory(t, f, func(t *testing.T, c *Client, _ *pipes, end func() error) {
		var asked sync.WaitGroup
		asked.Go(func() {
			if _, err := c.Poll(t.Context(), "issues"); !errors.Is(err, poll.ErrStopped) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		if err := end(); err != nil {
			t.Error(err)
		}
		asked.Wait()
	})
}

func TestTheServerCutsOffWhatTakesLongAndEndsWhenTheBridgeIsLeftAlone(t *testing.T) {
	const deaf = 10 * time.Second
	f := newFake()
	f.onPoll = func(context.Context, string) (poll.Report, error) {
		time.Sleep(deaf)
		return poll.Report{}, nil
	}
	inMemory(t, f, func(t *testing.T, c *Client, _ *pipes, end func() error) {
		began := time.Now()
		var asked sync.WaitGroup
		asked.Go(func() {
			if _, err := c.Poll(t.Context(), "issues"); err == nil || time.Since(began) != grace {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		})
		synctest.Wait()
		if err := end(); err != nil || time.Since(began) != deaf {
			t.Errorf("it ended after %s with %v", time.Since(began), err)
		}
		asked.Wait()
	})
}

func TestABodyThatDripsIsCutOff(t *testing.T) {
	inMemory(t, newFake(), func(t *testing.T, _ *Client, p *pipes, _ func() error) {
		conn := p.dial()
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\n"+
			"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
		began := time.Now()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if took := time.Since(began); response.StatusCode != http.StatusBadRequest || took != readWithin {
			t.Errorf("status %d after %s", response.StatusCode, took)
		}
	})
}

func TestAClientThatDoesNotReadIsCutOff(t *testing.T) {
	f := newFake()
	f.statuses[0].Memory.Reason = strings.Repeat("x", 1<<20)
	inMemory(t, f, func(t *testing.T, _ *Client, p *pipes, _ func() error) {
		conn := p.dial()
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "GET /v1/sources HTTP/1.1\r\nHost: localhost\r\n\r\n")
		time.Sleep(writeWithin + time.Second)
		if rest, _ := io.ReadAll(conn); len(rest) > 64<<10 {
			t.Errorf("%d bytes were there to be read", len(rest))
		}
	})
}

func TestAHeaderWithoutEndIsRefused(t *testing.T) {
	inMemory(t, newFake(), func(t *testing.T, _ *Client, p *pipes, _ func() error) {
		conn := p.dial()
		defer func() { _ = conn.Close() }()
		go func() {
			_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 2*maxHeader))
		}()
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("status %d", response.StatusCode)
		}
	})
}
