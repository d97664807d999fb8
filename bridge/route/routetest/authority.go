package routetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// An Authority signs certificates.
type Authority struct {
	Cert string // of the authority itself, in PEM

	own *x509.Certificate
	key *ecdsa.PrivateKey
}

// A Pair is a certificate and its key, in PEM.
type Pair struct{ Cert, Key string }

// NewAuthority makes an authority that nobody knows.
func NewAuthority() *Authority {
	a := &Authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	own := template("authority")
	own.IsCA, own.KeyUsage = true, x509.KeyUsageCertSign
	der := must(x509.CreateCertificate(rand.Reader, own, own, a.key.Public(), a.key))
	a.own = must(x509.ParseCertificate(der))
	a.Cert = armored("CERTIFICATE", der)
	return a
}

// Issue signs a certificate, for the name and for 127.0.0.1 and 192.0.2.1. It is good for an hour, unless a change
// says otherwise.
func (a *Authority) Issue(name string, changes ...func(*x509.Certificate)) Pair {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	own := template(name)
	own.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(192, 0, 2, 1)}
	for _, change := range changes {
		change(own)
	}
	der := must(x509.CreateCertificate(rand.Reader, own, a.own, key.Public(), a.key))
	return Pair{armored("CERTIFICATE", der), armored("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))}
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func armored(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// TLS returns what a server or a client shows.
func (p Pair) TLS() tls.Certificate {
	return must(tls.X509KeyPair([]byte(p.Cert), []byte(p.Key)))
}

// Config is for a server that shows a certificate of the authority, and takes those that it signed.
func (a *Authority) Config(shown Pair) *tls.Config {
	clients := x509.NewCertPool()
	clients.AddCert(a.own)
	return &tls.Config{
		Certificates: []tls.Certificate{shown.TLS()}, ClientCAs: clients, ClientAuth: tls.VerifyClientCertIfGiven,
		MinVersion: tls.VersionTLS12,
	}
}

// Serve answers over TLS until the test ends, by HTTP/2 as well unless the config names protocols.
func Serve(t testing.TB, config *tls.Config, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS, server.EnableHTTP2 = config, true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// Shown is the name on the certificate that a client has shown, "nobody" where it showed none.
func Shown(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return "nobody"
	}
	return r.TLS.PeerCertificates[0].Subject.CommonName
}

// must is for what cannot go wrong with what is given here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
