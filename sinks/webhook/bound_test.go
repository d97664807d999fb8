package webhook_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

// answering reads one request of each connection, and has the function answer it. The connection is closed
// afterwards, and at the end of the test.
func answering(t *testing.T, answer func(conn net.Conn)) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	ended, end := context.WithCancel(t.Context())
	t.Cleanup(func() { end(); _ = listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ended, func() { _ = conn.Close() })()
				request, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, request.Body)
				requests.Add(1)
				answer(conn)
			})
		}
	})
	return "http://" + listener.Addr().String(), requests
}

// silence waits until the client hangs up.
func silence(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// endless says a text again and again until the client hangs up.
func endless(text string) func(net.Conn) {
	return func(conn net.Conn) {
		for {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
		}
	}
}

// D10: an answer that does not end has an end, before the attempt's own time is over where it is too large.
func TestTheHeaderOfAnAnswerIsBounded(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, answer := range map[string]func(net.Conn){
		"a line without end":       endless("HTTP/1.1 200 OKOKOK"),
		"a header without end":     func(c net.Conn) { _, _ = io.WriteString(c, ok); endless("X-More: yes\r\n")(c) },
		"a value without end":      func(c net.Conn) { _, _ = io.WriteString(c, ok+"X-More: "); endless("yes")(c) },
		"1xx without end":          endless("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
		"100 Continue without end": endless("HTTP/1.1 100 Continue\r\n\r\n"),
	} {
		url, requests := answering(t, answer)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		receipt, err := newSink(t, url, "unsigned = true").Send(ctx, sinktest.Event("42", 3))
		ended := ctx.Err()
		cancel()
		if err == nil || receipt.Status != 0 || bridge.IsPermanent(err) || ended != nil || requests.Load() != 1 {
			t.Errorf("%s: %+v, %v, %d requests; context %v", name, receipt, err, requests.Load(), ended)
		}
	}
}

// D10: the time of an attempt bounds all of the answer, in whatever way it lasts.
func TestTheTimeOfAnAttemptBoundsTheWholeAnswer(t *testing.T) {
	drip := func(head, drop string) func(net.Conn) {
		return func(conn net.Conn) {
			_, err := io.WriteString(conn, head)
			ticker := time.NewTicker(10 * time.Millisecond)
			defer ticker.Stop()
			for ; err == nil; <-ticker.C {
				_, err = io.WriteString(conn, drop)
			}
		}
	}
	for name, c := range map[string]struct {
		answer func(net.Conn)
		status int
	}{
		"nothing":             {silence, 0},
		"a header that drips": {drip("HTTP/1.1 200 OK\r\nX-Slow: ", "x"), 0},
		"1xx that drip":       {drip("", "HTTP/1.1 103 Early Hints\r\n\r\n"), 0},
		"a body that drips":   {drip("HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n", "x"), 500},
		"chunks that drip":    {drip("HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"), 500},
		"a body that stops": {func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nx")
			silence(c)
		}, 500},
		"another protocol": {func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switch\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			silence(c)
		}, 101},
		"another protocol that drips": {drip("HTTP/1.1 101 Switch\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "x"), 101},
		"101 without another one":     {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 101 Switch\r\n\r\n"); silence(c) }, 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, requests := answering(t, c.answer)
			sink := newSink(t, url, "unsigned = true")
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			type sent struct {
				receipt bridge.Receipt
				err     error
			}
			done := make(chan sent, 1)
			go func() {
				receipt, err := sink.Send(ctx, sinktest.Event("42", 3))
				done <- sent{receipt, err}
			}()
			select {
			case got := <-done:
				if got.err == nil || got.receipt.Status != c.status || bridge.IsPermanent(got.err) || requests.Load() != 1 {
					t.Errorf("%+v, %v, %d requests", got.receipt, got.err, requests.Load())
				}
				if c.status == 0 && !errors.Is(got.err, context.DeadlineExceeded) {
					t.Errorf("error %v", got.err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("Send outlasts its context")
			}
		})
	}
}

// D18: an id that would end its line is not sent.
func TestAnEventThatWouldInjectAHeaderIsNotSent(t *testing.T) {
	r := newReceiver(t, nil)
	for _, id := range []string{"evt_1\r\nX-Evil: yes", "evt_1\nX-Evil: yes", "evt_1\x00"} {
		event := sinktest.Event("42", 3)
		event.ID = id
		if _, err := newSink(t, r.URL, `secret = "`+secret+`"`).Send(t.Context(), event); err == nil || !strings.Contains(err.Error(), "header") {
			t.Errorf("%q: %v", id, err)
		}
	}
	if len(r.all()) != 0 {
		t.Errorf("something was sent: %v", r.all())
	}
}

// D18: what a proxy is told is not for a receiver.
func TestAHeaderForAProxyIsRefused(t *testing.T) {
	_, diags := overFiles(t, "", fmt.Sprintf("url = \"https://crm.example.com\"\nunsigned = true\nheaders = { proxy-authorization = %q }", "Basic x"))
	if len(diags.Errs()) != 1 || !strings.Contains(diags.Error(), "in the URL of the proxy") {
		t.Errorf("diagnostics are %v", diags)
	}
}
