package route_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
)

// D15: what goes wrong between two sides that do not trust each other is told with what to do about it.
func TestAnErrorOfTLSSaysWhatToDo(t *testing.T) {
	known, other := routetest.NewAuthority(), routetest.NewAuthority()
	own, foreign, dir := known.Issue("client"), other.Issue("client"), t.TempDir()
	layFiles(t, dir, "ca", known.Cert, "cert", own.Cert, "key", own.Key, "foreign", foreign.Cert, "foreignkey", foreign.Key)
	good := known.Issue("receiver.test")
	expired := known.Issue("receiver.test", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	early := known.Issue("receiver.test", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
	elsewhere := known.Issue("elsewhere.test", func(c *x509.Certificate) { c.IPAddresses = nil })
	as := func(pair routetest.Pair, change func(*tls.Config)) *tls.Config {
		config := known.Config(pair)
		if change != nil {
			change(config)
		}
		return config
	}
	demanding := func(version uint16) func(*tls.Config) {
		return func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAndVerifyClientCert, version }
	}
	const ca = "ca = file(\"ca\")"
	for name, c := range map[string]struct {
		server    *tls.Config
		tls, want string
	}{
		"no authority":                 {as(good, nil), "", "name its authority: tls { ca = file(…) }"},
		"another authority":            {other.Config(other.Issue("receiver.test")), ca, "none of the authorities in tls { ca } vouches for it"},
		"another name":                 {as(elsewhere, nil), ca, "the URL has to name the server as the certificate does"},
		"expired":                      {as(expired, nil), ca, "has to renew it, if the clock of this machine is right"},
		"not yet good":                 {as(early, nil), ca, "has to renew it, if the clock of this machine is right"},
		"no certificate, TLS 1.2":      {as(good, demanding(tls.VersionTLS12)), ca, "or the server asks for a certificate: tls { cert, key }"},
		"no certificate, TLS 1.3":      {as(good, demanding(tls.VersionTLS13)), ca, "tls { cert = file(…), key = file(…) }"},
		"foreign certificate, TLS 1.2": {as(good, demanding(tls.VersionTLS12)), ca + "\ncert = file(\"foreign\")\nkey = file(\"foreignkey\")", "does not take the certificate in tls { cert }"},
		"foreign certificate, TLS 1.3": {as(good, demanding(tls.VersionTLS13)), ca + "\ncert = file(\"foreign\")\nkey = file(\"foreignkey\")", "does not take the certificate in tls { cert }"},
		"good certificate, TLS 1.2":    {as(good, demanding(tls.VersionTLS12)), ca + "\ncert = file(\"cert\")\nkey = file(\"key\")", ""},
		"good certificate, TLS 1.3":    {as(good, demanding(tls.VersionTLS13)), ca + "\ncert = file(\"cert\")\nkey = file(\"key\")", ""},
		"old version":                  {as(good, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), ca + "\nmin_version = \"1.3\"", "no version of TLS from tls { min_version } on"},
	} {
		t.Run(name, func(t *testing.T) {
			client := lead(t, dir, "tls {\n"+c.tls+"\n}", bridge.Env{})
			_, err := client.get(t, "https://"+handshaking(t, c.server)+"/")
			if c.want != "" {
				says(t, name, err, "tls: ", c.want)
			} else if !errors.Is(err, io.EOF) { // the handshake went well
				t.Errorf("error %v", err)
			}
		})
	}
}

// handshaking agrees on TLS and then hangs up, when the client has seen how that went.
func handshaking(t *testing.T, config *tls.Config) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			secure := tls.Server(conn, config)
			if secure.HandshakeContext(t.Context()) == nil {
				_, _ = http.ReadRequest(bufio.NewReader(secure))
			} else {
				_, _ = io.Copy(io.Discard, conn)
			}
			_ = secure.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}

func TestAServerWithoutTLSIsToldAsSuch(t *testing.T) {
	client := lead(t, "", "", bridge.Env{})
	_, err := client.get(t, "https://"+plainServer(t, told)+"/")
	says(t, "https", err, "does the URL have to begin with http://?")
}

func TestAnErrorThatIsNotAboutTLSStaysAsItIs(t *testing.T) {
	client := lead(t, "", "", bridge.Env{})
	for _, err := range []error{io.EOF, &net.OpError{Op: "read", Err: io.ErrUnexpectedEOF}, http.ErrServerClosed} {
		if got := client.way.Explain(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}
