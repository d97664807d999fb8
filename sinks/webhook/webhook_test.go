package webhook_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/webhook"
)

const (
	secret    = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	oldSecret = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
)

func TestAWebhookIsASink(t *testing.T) {
	sinktest.Run(t, sinktest.Case{Kind: webhook.Kind(), HTTP: true, Config: func(url string) string {
		return fmt.Sprintf(`
			url     = hidden("%s/hooks/%s?token=%s")
			secret  = hidden(%q)
			headers = { Authorization = hidden("Bearer %s"), X-Team = "platform" }
		`, url, sinktest.Marker, sinktest.Marker, sinktest.Secret, sinktest.Marker)
	}})
}

// received is a request as a receiver sees it.
type received struct {
	header http.Header
	body   []byte
	method string
	uri    string
}

// receiver notes what it gets, and answers by a function.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer http.HandlerFunc
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.got = append(r.got, received{q.Header.Clone(), body, q.Method, q.RequestURI})
		r.mu.Unlock()
		if r.answer != nil {
			r.answer(w, q)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

func (r *receiver) last(t *testing.T) received {
	t.Helper()
	all := r.all()
	if len(all) == 0 {
		t.Fatal("nothing was received")
	}
	return all[len(all)-1]
}

func newSink(t *testing.T, url, config string) bridge.Sink {
	t.Helper()
	sink := sinktest.New(t, webhook.Kind(), fmt.Sprintf("url = %q\n%s", url, config))
	t.Cleanup(func() { _ = sink.(io.Closer).Close() })
	return sink
}

// D2: the bytes sent are the bytes signed, and one line holds the signature.
func TestAReceiverGetsASignedPostThatItsLibraryVerifies(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL+"/hooks?x=1", `secret = "`+secret+`"`)
	event := sinktest.Event("42", 3)
	receipt, err := sink.Send(t.Context(), event)
	if err != nil || receipt.Status != 200 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	got := r.last(t)
	if got.method != "POST" || got.uri != "/hooks?x=1" || string(got.body) != string(envelope.Standard(event)) {
		t.Errorf("got %s %s %s", got.method, got.uri, got.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "hookbridge/1.2.3", "Webhook-Id": "evt_42_3",
	} {
		if values := got.header.Values(name); len(values) != 1 || values[0] != want {
			t.Errorf("%s is %q", name, values)
		}
	}
	if lines := got.header.Values("Webhook-Signature"); len(lines) != 1 || !strings.HasPrefix(lines[0], "v1,") {
		t.Errorf("signature is %q", lines)
	}
	verify(t, got, secret)
}

// D13, in part
func TestWhileRotatingBothSecretsSignTheNewOneFirst(t *testing.T) {
	r := newReceiver(t, nil)
	sink := newSink(t, r.URL, `sign "standard" {
		secret   = "`+secret+`"
		previous = [hidden("`+oldSecret+`")]
	}`)
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Fatal(err)
	}
	got := r.last(t)
	verify(t, got, secret)
	verify(t, got, oldSecret)
	line := got.header.Get("Webhook-Signature")
	if parts := strings.Split(line, " "); len(parts) != 2 {
		t.Errorf("signature is %q", line)
	}
	got.header.Set("Webhook-Signature", strings.Split(line, " ")[0])
	verify(t, got, secret)
}

func TestAnUnsignedWebhookHasIDAndTimestampAndNoSignature(t *testing.T) {
	r := newReceiver(t, nil)
	if _, err := newSink(t, r.URL, "unsigned = true").Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Fatal(err)
	}
	header := r.last(t).header
	if header.Get("Webhook-Id") == "" || header.Get("Webhook-Timestamp") == "" || len(header.Values("Webhook-Signature")) > 0 {
		t.Errorf("headers are %v", header)
	}
}

// D1
func TestARedirectIsAFailureAndItsTargetSeesNothing(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			target := newReceiver(t, nil)
			r := newReceiver(t, func(w http.ResponseWriter, q *http.Request) {
				http.Redirect(w, q, target.URL+"/elsewhere", status)
			})
			receipt, err := newSink(t, r.URL, `secret = "`+secret+`"`).Send(t.Context(), sinktest.Event("42", 3))
			if err == nil || receipt.Status != status || bridge.IsPermanent(err) {
				t.Errorf("%+v, %v", receipt, err)
			}
			if len(target.all()) != 0 || len(r.all()) != 1 {
				t.Errorf("the target saw %d requests, the receiver %d", len(target.all()), len(r.all()))
			}
			if want := fmt.Sprintf("status %d: a redirect is never followed", status); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// D9
func TestARequestWhoseKeptAliveConnectionDiesIsNotSentAgain(t *testing.T) {
	requests, connections := killing(t)
	address := connections.Addr().String()
	sink := newSink(t, "http://"+address, `secret = "`+secret+`"`)
	for attempt := range 40 {
		before := requests.Load()
		_, err := sink.Send(t.Context(), sinktest.Event("42", attempt))
		if made := requests.Load() - before; made > 1 || err == nil && made != 1 {
			t.Fatalf("attempt %d made %d requests and returned %v", attempt, made, err)
		}
	}
	if requests.Load() < 20 {
		t.Errorf("only %d requests were seen", requests.Load())
	}
}

// killing accepts connections, answers the first request of each, and kills the connection after it has
// read the second.
func killing(t *testing.T) (requests *atomic.Int64, listener net.Listener) {
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
				defer context.AfterFunc(ended, func() { _ = conn.Close() })() // one that was dialed and not used
				serveOnce(conn, requests)
			})
		}
	})
	return requests, listener
}

func serveOnce(conn net.Conn, requests *atomic.Int64) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for number := range 2 {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		requests.Add(1)
		if number == 0 {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}
}

// D16, in part: connections are used again, also after an error whose answer was read to its end.
func TestConnectionsAreUsedAgain(t *testing.T) {
	var status atomic.Int64
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write(make([]byte, 10<<10))
	})
	sink := newSink(t, r.URL, "unsigned = true")
	var dialed atomic.Int64
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			if !info.Reused {
				dialed.Add(1)
			}
		},
	})
	for i := range 100 {
		status.Store(int64(200 + 300*(i%2)))
		_, _ = sink.Send(ctx, sinktest.Event("42", i))
	}
	if dialed.Load() != 1 {
		t.Errorf("%d connections for 100 requests", dialed.Load())
	}
}

// D10
func TestAtMost64KiBOfAnAnswerAreReadAndFourKept(t *testing.T) {
	var sent atomic.Int64
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 1 << 16 {
			n, err := w.Write(make([]byte, 1<<10))
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	receipt, err := newSink(t, r.URL, "unsigned = true").Send(t.Context(), sinktest.Event("42", 3))
	if err != nil || len(receipt.Excerpt) != 4<<10 {
		t.Errorf("%d bytes kept, %v", len(receipt.Excerpt), err)
	}
	r.Close()
	if sent.Load() > 32<<20 {
		t.Errorf("%d bytes were taken from the receiver", sent.Load())
	}
}

func verify(t *testing.T, r received, secret string) {
	t.Helper()
	library, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := library.Verify(r.body, r.header); err != nil {
		t.Errorf("verify: %v", err)
	}
	if !json.Valid(r.body) {
		t.Errorf("the body is no JSON: %s", r.body)
	}
}
