package http_test

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
	nethttp "net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// An authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue signs a certificate of that name, by the authority itself where it is the zero one, and returns it in PEM.
func (a *authority) issue(t *testing.T, name string) (cert, key string) {
	t.Helper()
	own := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{name},
		IsCA: a.cert == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if a.cert == nil {
		a.cert, a.key = template, own
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, own.Public(), a.key))
	if a.cert == template {
		a.cert = must(x509.ParseCertificate(der))
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(own))}))
}

// secure serves over TLS on loopback, and asks for certificates of the authority.
func secure(t *testing.T, a *authority, handler nethttp.HandlerFunc) string {
	t.Helper()
	cert, key := a.issue(t, "server")
	server := httptest.NewUnstartedServer(handler)
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{must(tls.X509KeyPair([]byte(cert), []byte(key)))},
		ClientAuth:   tls.VerifyClientCertIfGiven, ClientCAs: clients, MinVersion: tls.VersionTLS12,
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// client names who has shown a certificate.
func client(r *nethttp.Request) string {
	if len(r.TLS.PeerCertificates) == 0 {
		return "nobody"
	}
	return r.TLS.PeerCertificates[0].Subject.CommonName
}

// overFiles builds a source over the real network, whose config may read files of a directory.
func overFiles(t *testing.T, dir, config string) (bridge.Source, hcl.Diagnostics) {
	t.Helper()
	eval := (&hcl.EvalContext{Functions: expr.Functions()}).NewChild()
	eval.Functions = setting.NewLookup(nil, dir).Functions()
	return sourcetest.Build(http.Kind(), config, bridge.Env{Name: "tested", Eval: eval, Keep: sourcetest.NewKeep()})
}

func layFiles(t *testing.T, dir string, texts ...string) {
	t.Helper()
	for i := 0; i < len(texts); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, texts[i]), []byte(texts[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const mutual = "tls {\n ca = file(\"ca\")\n cert = file(\"cert\")\n key = file(\"key\")\n}\n"

// D15 and H7 for sources: the certificate of the client goes to the origin of the config, and to nobody that it
// leads to.
func TestAClientCertificateIsShownToItsOriginAlone(t *testing.T) {
	a, dir := &authority{}, t.TempDir()
	ca, _ := a.issue(t, "ca")
	cert, key := a.issue(t, "first")
	layFiles(t, dir, "ca", ca, "cert", cert, "key", key)
	var shown []string
	elsewhere := secure(t, a, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		shown = append(shown, "elsewhere "+client(r))
		if r.URL.Path == "/token" {
			sourcetest.Tokens().ServeHTTP(w, r)
			return
		}
		answerJSON(w, ids(1))
	})
	origin := secure(t, a, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		shown = append(shown, "origin "+client(r))
		nethttp.Redirect(w, r, elsewhere, nethttp.StatusFound)
	})
	source, diags := overFiles(t, dir, "url = \""+origin+"\"\nkey = item.id\n"+mutual+
		"auth \"oauth2\" {\n token_url = \""+elsewhere+"/token\"\n client_id = \"me\"\n client_secret = \"x\"\n}")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if p := sourcetest.Poll(t.Context(), source, nil); p.Err != nil {
		t.Fatal(p.Err)
	}
	if got := strings.Join(shown, ", "); got != "elsewhere nobody, origin first, elsewhere nobody" {
		t.Errorf("shown: %s", got)
	}
}

func TestAServerOfAnotherAuthorityIsNotBelieved(t *testing.T) {
	known, other, dir := &authority{}, &authority{}, t.TempDir()
	ca, _ := known.issue(t, "ca")
	other.issue(t, "other")
	layFiles(t, dir, "ca", ca)
	server := secure(t, other, func(nethttp.ResponseWriter, *nethttp.Request) { t.Error("it was asked") })
	for _, block := range []string{"tls {\n ca = file(\"ca\")\n}", ""} {
		source, diags := overFiles(t, dir, "url = \""+server+"\"\nkey = item.id\n"+block)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if p := sourcetest.Poll(t.Context(), source, nil); p.Err == nil || !strings.Contains(p.Err.Error(), "certificate") {
			t.Errorf("%q: error %v", block, p.Err)
		}
	}
}

func TestAnOldVersionOfTLSIsRefused(t *testing.T) {
	a, dir := &authority{}, t.TempDir()
	ca, _ := a.issue(t, "ca")
	layFiles(t, dir, "ca", ca)
	cert, key := a.issue(t, "server")
	server := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(w, ids(1)) }))
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{must(tls.X509KeyPair([]byte(cert), []byte(key)))}, MaxVersion: tls.VersionTLS12,
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	for version, want := range map[string]bool{"1.2": true, "1.3": false} {
		source, _ := overFiles(t, dir, "url = \""+server.URL+"\"\nkey = item.id\ntls {\n ca = file(\"ca\")\n min_version = \""+version+"\"\n}")
		if p := sourcetest.Poll(t.Context(), source, nil); (p.Err == nil) != want {
			t.Errorf("min_version %s: %v", version, p.Err)
		}
	}
}

func TestMistakesInTLSAreToldWithoutTheKey(t *testing.T) {
	a, dir := &authority{}, t.TempDir()
	cert, key := a.issue(t, "ca")
	_, other := a.issue(t, "other")
	layFiles(t, dir, "ca", cert, "cert", cert, "key", key, "other", other, "odd", "s3cret-and-no-pem", "empty", "")
	for block, want := range map[string]string{
		mutual:                        "",
		"tls {}":                      "",
		`tls { ca = file("odd") }`:    "Invalid certificate",
		`tls { ca = file("empty") }`:  "Invalid certificate",
		`tls { cert = file("cert") }`: "Certificate without a key",
		`tls { key = file("key") }`:   "Key without a certificate",
		"tls {\n cert = file(\"cert\")\n key = file(\"other\")\n}": "belong together",
		"tls {\n cert = file(\"odd\")\n key = file(\"odd\")\n}":    "Invalid certificate",
		`tls { min_version = "1.1" }`:                              "1.2, 1.3",
		`tls { mode = 1 }`:                                         "Unsupported argument",
	} {
		_, diags := overFiles(t, dir, "url = \"https://api.test\"\nkey = item.id\n"+block)
		said := diags.Error()
		if want == "" && diags.HasErrors() || !strings.Contains(said, want) || strings.Contains(said, "s3cret") ||
			strings.Contains(said, "PRIVATE") {
			t.Errorf("%s: %s", block, said)
		}
	}
}
