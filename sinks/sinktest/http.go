package sinktest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hookbridge/hookbridge/bridge"
)

// statuses sends to receivers of every final status. Only 2xx is success, nothing that a status says is
// permanent, only 410 is an endpoint that asks for no more, and no attempt is more than one request.
func (c Case) statuses(t *testing.T) {
	var status, requests atomic.Int64
	url := c.serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(int(status.Load()))
	})
	sink := New(t, c.Kind, c.Config(url))
	for code := 200; code < 600; code++ {
		status.Store(int64(code))
		before := requests.Load()
		receipt, err := sink.Send(t.Context(), Event("k", code))
		if receipt.Status != code || requests.Load()-before != 1 {
			t.Errorf("%d: the receipt says %d, after %d requests", code, receipt.Status, requests.Load()-before)
		}
		if (err == nil) != (code < 300) || bridge.IsPermanent(err) || bridge.IsGone(err) != (code == 410) {
			t.Errorf("%d: the error is %v", code, err)
		}
		if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("status %d", code)) {
			t.Errorf("%d: the error does not say so: %v", code, err)
		}
	}
}

// echo sends to receivers that say back all that they were told.
func (c Case) echo(t *testing.T) {
	var status atomic.Int64
	url := c.serve(t, func(w http.ResponseWriter, r *http.Request) {
		told := fmt.Sprintf("%s %s %v", r.URL, r.RequestURI, r.Header)
		w.Header().Set("Location", "http://elsewhere.example/"+strings.ReplaceAll(told, "\n", ""))
		w.Header().Set("Retry-After", told)
		w.WriteHeader(int(status.Load()))
		_, _ = fmt.Fprintf(w, "%s\xff%s", strings.Repeat("é", 2040), told)
	})
	sink := New(t, c.Kind, c.Config(url))
	for _, code := range []int64{200, 302, 400, 404, 410, 429, 500, 503} {
		status.Store(code)
		receipt, err := sink.Send(t.Context(), Event("k", int(code)))
		leaks(t, "the receipt", fmt.Sprintf("%+v", receipt))
		leaks(t, "the error", fmt.Sprintf("%+v", err))
		if len(receipt.Excerpt) > 4<<10 || !utf8.ValidString(receipt.Excerpt) || receipt.Excerpt == "" {
			t.Errorf("%d: the excerpt has %d bytes: %q", code, len(receipt.Excerpt), receipt.Excerpt)
		}
	}
}

// broken sends to receivers that are none.
func (c Case) broken(t *testing.T) {
	hangUp := c.serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	garbage := c.serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", r.RequestURI)
		_ = conn.Close()
	})
	closed := httptest.NewServer(nil)
	closed.Close()
	secure := httptest.NewTLSServer(nil)
	t.Cleanup(secure.Close)
	for _, url := range []string{hangUp, garbage, closed.URL, secure.URL} {
		receipt, err := New(t, c.Kind, c.Config(url)).Send(t.Context(), Event("k", 1))
		if err == nil || bridge.IsPermanent(err) || receipt.Status != 0 {
			t.Errorf("%s: %+v, %v", url, receipt, err)
		}
		leaks(t, "the error", fmt.Sprintf("%+v", err))
	}
}

// hang sends to receivers that take their time: over the header of the answer, and over its body.
func (c Case) hang(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client is gone
		<-r.Context().Done()
	}
	dripping := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusBadGateway)
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("drip "))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}
	for _, handler := range []http.HandlerFunc{silent, dripping} {
		sink := New(t, c.Kind, c.Config(c.serve(t, handler)))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		began := time.Now()
		_, err := sink.Send(ctx, Event("k", 1))
		cancel()
		if took := time.Since(began); err == nil || took > 5*time.Second {
			t.Errorf("returned after %s with %v", took, err)
		}
	}
}
