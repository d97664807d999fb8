package deliver_test

import (
	"bufio"
	"context"
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
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/webhook"
)

// A fault is what a receiver does with a connection, which is closed afterwards.
type fault func(conn net.Conn)

// afterwards reads the whole request before the fault, and counts it.
func (f fault) afterwards(requests *atomic.Int64) fault {
	return func(conn net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err == nil {
			requests.Add(1)
			f(conn)
		}
	}
}

func closing(net.Conn) {}

func resetting(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }

func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func saying(text string, then fault) fault {
	return func(conn net.Conn) {
		if _, err := io.WriteString(conn, text); err == nil {
			then(conn)
		}
	}
}

// faulty runs a receiver of one fault.
func faulty(t *testing.T, f fault) (address string) {
	t.Helper()
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
				f(conn)
			})
		}
	})
	return listener.Addr().String()
}

// R5, D9, D11: what goes wrong on the receiver's side has its class, is tried again by the schedule, and costs one
// request. An answer of 2xx counts as soon as its header is there.
func TestEachFaultOfAReceiverHasItsClassAndItsNextStepAndCostsOneRequest(t *testing.T) {
	const ok, oh = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", "HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\nx"
	for name, c := range map[string]struct {
		first  fault // does something before the request is read
		then   fault // or after it
		scheme string
		class  string // empty: it is delivered
	}{
		"closed before the request":     {first: closing, class: "reset"},
		"reset before the request":      {first: resetting, class: "reset"},
		"never reads":                   {first: silent, class: "timeout"},
		"closed after the request":      {then: closing, class: "reset"},
		"reset after the request":       {then: resetting, class: "reset"},
		"hangs before the header":       {then: silent, class: "timeout"},
		"hangs in the header":           {then: saying("HTTP/1.1 200 OK\r\nX-Slow: ", silent), class: "timeout"},
		"cut in the status":             {then: saying("HTTP/1.", closing), class: "protocol"},
		"cut in the header":             {then: saying("HTTP/1.1 200 OK\r\nX-Cut: y\r\nX-", closing), class: "protocol"},
		"cut behind the header's lines": {then: saying("HTTP/1.1 200 OK\r\nX-Cut: y\r\n", closing), class: "reset"},
		"reset in the header":           {then: saying("HTTP/1.1 200 OK\r\nX-Cut: y\r\n", resetting), class: "reset"},
		"garbage":                       {then: saying("220 smtp.test ESMTP\r\n", closing), class: "protocol"},
		"garbage and silence":           {then: saying("220 smtp.test ESMTP\r\n", silent), class: "protocol"},
		"garbage before the request":    {first: saying("220 smtp.test ESMTP\r\n", silent), class: "protocol"},
		"frames of HTTP/2":              {then: saying("\x00\x00\x00\x04\x00\x00\x00\x00\x00", silent), class: "timeout"},
		"a header too large":            {then: saying("HTTP/1.1 200 OK\r\nX-Large: "+strings.Repeat("x", 128<<10), silent), class: "protocol"},
		"another protocol":              {then: saying("HTTP/1.1 101 Switch\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", silent), class: "status"},
		"hangs in the body of 200":      {then: saying(ok, silent)},
		"cut in the body of 200":        {then: saying(ok, closing)},
		"reset in the body of 200":      {then: saying(ok, resetting)},
		"closes late after 200":         {then: saying("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx", silent)},
		"hangs in the body of 500":      {then: saying(oh, silent), class: "status"},
		"cut in the body of 500":        {then: saying(oh, closing), class: "status"},
		"a handshake that stalls":       {first: silent, scheme: "https", class: "timeout"},
		"a handshake that is closed":    {first: closing, scheme: "https", class: "reset"},
		"no handshake but HTTP":         {first: saying("HTTP/1.1 400 Bad\r\n\r\n", silent), scheme: "https", class: "tls"},
		"a handshake that is refused":   {first: saying("\x15\x03\x03\x00\x02\x02\x28", silent), scheme: "https", class: "tls"},
		"a handshake cut short":         {first: saying("\x16\x03\x03\x40\x00\x02", closing), scheme: "https", class: "reset"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			wanted, does := int64(1), c.then
			if does == nil {
				wanted, does = 0, c.first
			} else {
				does = does.afterwards(&requests)
			}
			scheme := "http"
			if c.scheme != "" {
				scheme = c.scheme
			}
			d := attempted(t, fmt.Sprintf("url = \"%s://%s\"", scheme, faulty(t, does)))
			judge(t, d, c.class)
			if requests.Load() != wanted {
				t.Errorf("%d requests, not %d", requests.Load(), wanted)
			}
		})
	}
}

// R5: what goes wrong before there is a receiver.
func TestEachFaultOnTheWayHasItsClassAndItsNextStep(t *testing.T) {
	closed := faulty(t, closing)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	_ = listener.Close()
	denying := faulty(t, saying("HTTP/1.1 403 No\r\n\r\n", closing))
	for name, c := range map[string]struct{ config, class string }{
		"nobody listens":         {"url = \"http://" + nobody + "\"", "refused"},
		"a proxy is not there":   {"url = \"http://192.0.2.1\"\nproxy = \"http://" + nobody + "\"", "proxy"},
		"a proxy denies the way": {"url = \"https://192.0.2.1\"\nproxy = \"http://" + denying + "\"", "proxy"},
		"a proxy hangs up":       {"url = \"https://192.0.2.1\"\nproxy = \"http://" + closed + "\"", "reset"},
		"SOCKS that is none":     {"url = \"https://192.0.2.1\"\nproxy = \"socks5://" + denying + "\"", "proxy"},
		"metadata":               {"url = \"http://169.254.169.254\"", "egress"},
		"metadata by a proxy":    {"url = \"https://169.254.169.254\"\nproxy = \"http://" + nobody + "\"", "egress"},
		"a proxy at metadata":    {"url = \"https://192.0.2.1\"\nproxy = \"http://169.254.169.254\"", "egress"},
		"a private address":      {"url = \"http://" + closed + "\"\negress {\n deny_private = true\n}", "egress"},
	} {
		t.Run(name, func(t *testing.T) { judge(t, attempted(t, c.config), c.class) })
	}
}

// attempted makes one attempt over the real network, and returns what became of the delivery.
func attempted(t *testing.T, config string) store.Delivery {
	t.Helper()
	sink, diags := sinktest.Build(t, webhook.Kind(), config+"\nunsigned = true", bridge.Env{Name: "crm"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	defer sink.(io.Closer).Close()
	outbox, s := newMemory(), settings(sink)
	s.Timeout, s.Schedule = 500*time.Millisecond, []time.Duration{time.Hour}
	outbox.add(t, "crm", store.Hash{}, event("a", 1))
	r := run(t, outbox, s)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	enough := time.After(30 * time.Second)
	for outbox.find(t, "crm", "evt_a_1").Attempts == 0 {
		select {
		case <-ticker.C:
		case <-enough:
			t.Fatal("there was no attempt")
		}
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	return outbox.find(t, "crm", "evt_a_1")
}

// judge wants a failure of the class to be tried again in an hour, and no failure to be the end.
func judge(t *testing.T, d store.Delivery, class string) {
	t.Helper()
	if d.Attempts != 1 || len(d.Log) != 1 || d.Log[0].Class != class {
		t.Fatalf("%d attempts: %+v, want the class %q", d.Attempts, d.Log, class)
	}
	if class == "" {
		if d.State != store.Done {
			t.Errorf("the delivery is %s", d.State)
		}
		return
	}
	if wait := d.Due.Sub(d.Log[0].Time.Add(d.Log[0].Duration)); d.State != store.Pending || wait < time.Hour-time.Second || wait > time.Hour+time.Minute {
		t.Errorf("the delivery is %s, and due in %s", d.State, wait)
	}
}
