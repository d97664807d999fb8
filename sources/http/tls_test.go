package http_test

import (
	"crypto/tls"
	nethttp "net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// secure serves over TLS on loopback, and asks for certificates of the authority.
func secure(t *testing.T, a *routetest.Authority, handler nethttp.HandlerFunc) string {
	t.Helper()
	return routetest.Serve(t, a.Config(a.Issue("server")), handler).URL
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
	a, dir := routetest.NewAuthority(), t.TempDir()
	first := a.Issue("first")
	layFiles(t, dir, "ca", a.Cert, "cert", first.Cert, "key", first.Key)
	var shown []string
	elsewhere := secure(t, a, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		shown = append(shown, "elsewhere "+routetest.Shown(r))
		if r.URL.Path == "/token" {
			sourcetest.Tokens().ServeHTTP(w, r)
			return
		}
		answerJSON(w, ids(1))
	})
	origin := secure(t, a, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		shown = append(shown, "origin "+routetest.Shown(r))
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
	known, other, dir := routetest.NewAuthority(), routetest.NewAuthority(), t.TempDir()
	layFiles(t, dir, "ca", known.Cert)
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
	a, dir := routetest.NewAuthority(), t.TempDir()
	layFiles(t, dir, "ca", a.Cert)
	config := a.Config(a.Issue("server"))
	config.MaxVersion = tls.VersionTLS12
	server := routetest.Serve(t, config, func(w nethttp.ResponseWriter, _ *nethttp.Request) { answerJSON(w, ids(1)) }).URL
	for version, want := range map[string]bool{"1.2": true, "1.3": false} {
		source, _ := overFiles(t, dir, "url = \""+server+"\"\nkey = item.id\ntls {\n ca = file(\"ca\")\n min_version = \""+version+"\"\n}")
		if p := sourcetest.Poll(t.Context(), source, nil); (p.Err == nil) != want {
			t.Errorf("min_version %s: %v", version, p.Err)
		}
	}
}

func TestMistakesInTLSAreToldWithoutTheKey(t *testing.T) {
	a, dir := routetest.NewAuthority(), t.TempDir()
	own, other := a.Issue("own"), a.Issue("other")
	layFiles(t, dir, "ca", a.Cert, "cert", own.Cert, "key", own.Key, "other", other.Key, "odd", "s3cret-and-no-pem", "empty", "")
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
