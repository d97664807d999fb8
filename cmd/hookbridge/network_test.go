package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/route/routetest"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// D15, D20: the whole way, from an API with a certificate of its own authority to a receiver that wants to see one.
func TestThePrivateNetworkIsLeftByTheProxyAndWithACertificate(t *testing.T) {
	t.Parallel()
	company, partner, dir, secret := routetest.NewAuthority(), routetest.NewAuthority(), t.TempDir(), signature.NewSecret()
	key, err := signature.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	shown := partner.Issue("bridge")
	for name, text := range map[string]string{
		"partner-secret": secret, "partner-ca": partner.Cert, "partner-cert": shown.Cert, "partner-key": shown.Key,
		"company-ca": company.Cert,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stage := newStage(t)
	api := routetest.Serve(t, company.Config(company.Issue("shipments.internal")), stage.Config.Handler.ServeHTTP)
	config, got := partner.Config(partner.Issue("partner.test")), make(chan string, 10)
	config.ClientAuth = tls.RequireAndVerifyClientCert
	receiver := routetest.Serve(t, config, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = signature.Verify(r.Header, body, time.Now(), key)
		}
		got <- fmt.Sprintf("%s %v %v %s", routetest.Shown(r), err, r.Header, body)
	})
	proxy := routetest.NewProxy(t, receiver.Listener.Addr().String())

	stage.shows("application/json", `[{"id":1,"state":"packed"}]`)
	e := runExample(t, "private-network", "shipments", []string{
		"SHIPMENTS_URL=" + api.URL, "PARTNER_URL=https://192.0.2.1/hooks", "PROXY_URL=http://bridge:hush-hush@" + proxy.Address,
		"CREDENTIALS_DIRECTORY=" + dir,
	}, "10.20.0.0/16", "127.0.0.1/32")
	e.poll()
	stage.shows("application/json", `[{"id":1,"state":"sent"}]`)
	e.polls(1)
	select {
	case said := <-got:
		if !strings.HasPrefix(said, "bridge <nil> ") || !strings.Contains(said, `"after":{"id":1,"state":"sent"}`) || strings.Contains(said, "hush") {
			t.Errorf("the receiver got %s", said)
		}
	case <-time.After(scriptWait):
		t.Fatal("the receiver got nothing")
	}
	if asked := strings.Join(proxy.Asked(), ", "); asked != "CONNECT 192.0.2.1:443 bridge:hush-hush" || proxy.Saw("shipments.updated") {
		t.Errorf("the proxy was asked %q, and saw what is for the receiver: %v", asked, proxy.Saw("shipments.updated"))
	}

	// The API leads to another part of the network, where nobody is asked.
	stage.set(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://10.30.0.1/internal")
		w.WriteHeader(http.StatusFound)
	})
	if r := e.poll(); !strings.Contains(r.Error, "10.30.0.1 is a private address, and deny_private is set") {
		t.Errorf("a redirect to another network: %+v", r)
	}
}

// O6: what a receiver says unasked, on a connection that is kept, is written nowhere: it may repeat what it was told.
func TestWhatAReceiverSaysUnaskedIsNotLogged(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer close(left)
		defer conn.Close()
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
		_, _ = fmt.Fprintf(conn, "you asked for %s", request.RequestURI)
		_, _ = io.Copy(io.Discard, conn) // until the bridge has hung up
	}()
	var e *example
	t.Cleanup(func() { // after the example has ended
		if log := e.log.String(); strings.Contains(log, "sesame") || strings.Contains(log, "nsolicited") {
			t.Errorf("it logged:\n%s", log)
		}
	})
	t.Cleanup(func() { _ = listener.Close() })
	shop := newStage(t)
	shop.shows("application/json", `{"orders":[{"id":1}]}`)
	e = runExample(t, "quickstart", "orders", []string{
		"API_URL=" + shop.URL, "RECEIVER_URL=http://" + listener.Addr().String() + "/sesame", "RECEIVER_SECRET=" + signature.NewSecret(),
	})
	e.poll()
	select {
	case <-left:
	case <-time.After(scriptWait):
		t.Fatal("the connection is still open")
	}
}
