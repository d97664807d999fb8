package route_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
)

// told answers with what it was told.
func told(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, "%s %s %v", r.Proto, routetest.Shown(r), r.Header)
}

func plainServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// D15: what the proxy is asked, and with which credentials.
func TestEachKindOfProxyLeadsToTheServer(t *testing.T) {
	authority := routetest.NewAuthority()
	dir := t.TempDir()
	layFiles(t, dir, "ca", authority.Cert)
	plain := plainServer(t, told)
	secure := routetest.Serve(t, authority.Config(authority.Issue("receiver.test")), told).Listener.Addr().String()
	const ca = "\ntls {\n ca = file(\"ca\")\n}"
	for _, c := range []struct {
		scheme, url, to, asked string
	}{
		{"http", "http://192.0.2.1/x?y=z", plain, "GET http://192.0.2.1/x?y=z me:hush"},
		{"http", "https://192.0.2.1/x", secure, "CONNECT 192.0.2.1:443 me:hush"},
		{"http", "https://receiver.test:8443/x", secure, "CONNECT receiver.test:8443 me:hush"},
		{"https", "http://192.0.2.1/x", plain, "GET http://192.0.2.1/x me:hush"},
		{"https", "https://192.0.2.1/x", secure, "CONNECT 192.0.2.1:443 me:hush"},
		{"socks5", "http://192.0.2.1/x", plain, "me:hush 192.0.2.1:80"},
		{"socks5", "https://192.0.2.1/x", secure, "me:hush 192.0.2.1:443"},
		{"socks5h", "https://receiver.test/x", secure, "me:hush receiver.test:443"},
	} {
		t.Run(c.scheme+" "+c.url, func(t *testing.T) {
			address, record := proxyOf(t, c.scheme, c.to, authority)
			client := lead(t, dir, fmt.Sprintf("proxy = \"%s://me:hush@%s\"%s", c.scheme, address, ca), unknownNames(t))
			body, err := client.get(t, c.url)
			if err != nil || strings.Contains(c.url, "https:") && !strings.HasPrefix(body, "HTTP/2.0 nobody") {
				t.Errorf("%q, %v", body, err)
			}
			if asked := strings.Join(record.Asked(), ", "); asked != c.asked {
				t.Errorf("the proxy was asked %q, want %q", asked, c.asked)
			}
		})
	}
}

// proxyOf runs a proxy that is reached by the scheme.
func proxyOf(t *testing.T, scheme, to string, authority *routetest.Authority) (address string, record *routetest.Record) {
	t.Helper()
	switch scheme {
	case "http":
		p := routetest.NewProxy(t, to)
		return p.Address, &p.Record
	case "https":
		p := routetest.NewSecureProxy(t, to, authority.Config(authority.Issue("proxy.test")))
		return p.Address, &p.Record
	}
	p := routetest.NewSocks(t, to, "me", "hush")
	return p.Address, &p.Record
}

// unknownNames is an environment in which only the proxy knows names.
func unknownNames(t *testing.T) bridge.Env {
	t.Helper()
	return bridge.Env{Resolver: routetest.NewNames(t, "nothing.test", func(int) []netip.Addr { return nil }).Resolver()}
}

// D15 and D18: a tunnel hides from the proxy what is for the server, and from the server what is for the proxy.
func TestCredentialsStayWithThoseTheyAreFor(t *testing.T) {
	authority := routetest.NewAuthority()
	dir := t.TempDir()
	shown := authority.Issue("client")
	layFiles(t, dir, "ca", authority.Cert, "cert", shown.Cert, "key", shown.Key)
	secure := routetest.Serve(t, authority.Config(authority.Issue("receiver.test")), told).Listener.Addr().String()
	const mutual = "\ntls {\n ca = file(\"ca\")\n cert = file(\"cert\")\n key = file(\"key\")\n}"
	for _, scheme := range []string{"http", "https", "socks5"} {
		address, record := proxyOf(t, scheme, secure, authority)
		client := lead(t, dir, fmt.Sprintf("proxy = \"%s://me:hush@%s\"%s", scheme, address, mutual), bridge.Env{})
		body, err := client.get(t, "https://192.0.2.1/path-secret", "Authorization", "Bearer header-secret")
		if err != nil || !strings.HasPrefix(body, "HTTP/2.0 client") || !strings.Contains(body, "header-secret") {
			t.Fatalf("%s: %q, %v", scheme, body, err)
		}
		if strings.Contains(body, "Proxy") || strings.Contains(body, "hush") || strings.Contains(body, "bWU6aHVzaA==") {
			t.Errorf("%s: the server was told %s", scheme, body)
		}
		for _, secret := range []string{"path-secret", "header-secret"} {
			if record.Saw(secret) {
				t.Errorf("%s: the proxy saw %s", scheme, secret)
			}
		}
		if !record.Saw("192.0.2.1:443") && scheme != "socks5" {
			t.Errorf("%s: the proxy saw nothing at all", scheme)
		}
		if slices.Contains(record.Asked(), "shown client") {
			t.Errorf("%s: the proxy was shown the client's certificate", scheme)
		}
	}
}

// D15: a proxy that is spoken to over TLS has to show who it is.
func TestAProxyOfAnotherAuthorityIsNotBelieved(t *testing.T) {
	known, other := routetest.NewAuthority(), routetest.NewAuthority()
	dir := t.TempDir()
	layFiles(t, dir, "ca", known.Cert)
	p := routetest.NewSecureProxy(t, "", other.Config(other.Issue("proxy.test")))
	for _, block := range []string{"", "tls {\n ca = file(\"ca\")\n}"} {
		client := lead(t, dir, fmt.Sprintf("proxy = \"https://me:hush@%s\"\n%s", p.Address, block), bridge.Env{})
		_, err := client.get(t, "http://192.0.2.1/")
		says(t, block, err, "speak TLS with the proxy", "unknown authority")
	}
	if len(p.Asked()) > 0 {
		t.Errorf("it was asked %q", p.Asked())
	}
}

// D15: the environment does not choose a proxy, and it does choose who needs none.
func TestOnlyNoProxyIsTakenFromTheEnvironment(t *testing.T) {
	direct := plainServer(t, told)
	p := routetest.NewProxy(t, "")
	proxy := "http://" + p.Address
	client := lead(t, "", "", environment("HTTP_PROXY", proxy, "http_proxy", proxy, "ALL_PROXY", proxy, "HTTPS_PROXY", proxy))
	if _, err := client.get(t, "http://"+direct+"/"); err != nil || len(p.Asked()) > 0 {
		t.Errorf("error %v, the proxy was asked %q", err, p.Asked())
	}
	for url, noProxy := range map[string][]string{
		"http://0.0.0.0/":       {"NO_PROXY", "0.0.0.0/8"}, // which the guard refuses when it is dialed
		"http://0.0.0.1/":       {"no_proxy", "example.com,0.0.0.1"},
		"http://a.zero.test/":   {"NO_PROXY", ".zero.test"},
		"http://zero.test:81/":  {"NO_PROXY", "zero.test:81"},
		"http://b.zero.test/":   {"NO_PROXY", "*"},
		"http://0.0.0.2:8080/x": {"NO_PROXY", "0.0.0.2", "no_proxy", ""},
	} {
		env := environment(noProxy...)
		name := strings.Split(strings.Split(url, "/")[2], ":")[0]
		env.Resolver = routetest.NewNames(t, name, func(int) []netip.Addr { return []netip.Addr{netip.IPv4Unspecified()} }).Resolver()
		client := lead(t, "", "proxy = \""+proxy+"\"", env)
		if _, err := client.get(t, url); !errors.Is(err, egress.ErrRefused) || !strings.Contains(err.Error(), "dial tcp") {
			t.Errorf("%s with %q: error %v", url, noProxy, err)
		}
	}
	if len(p.Asked()) > 0 {
		t.Errorf("the proxy was asked %q", p.Asked())
	}
	// And who is not named goes through.
	p = routetest.NewProxy(t, direct)
	client = lead(t, "", "proxy = \"http://"+p.Address+"\"", environment("NO_PROXY", "192.0.2.2,.zero.test"))
	if _, err := client.get(t, "http://192.0.2.1/"); err != nil || len(p.Asked()) != 1 {
		t.Errorf("error %v, the proxy was asked %q", err, p.Asked())
	}
}

func TestAProxyThatDeniesTheWayIsToldApartFromTheServer(t *testing.T) {
	for status, want := range map[int]string{407: "another user or password", 403: "its rules forbid", 502: "status 502 to CONNECT 192.0.2.1:443"} {
		p := routetest.NewProxy(t, "")
		p.Deny(status)
		client := lead(t, "", "proxy = \"http://me:hush@"+p.Address+"\"", bridge.Env{})
		_, err := client.get(t, "https://192.0.2.1/")
		says(t, fmt.Sprint(status), err, "proxy answered", want)
		classed, ok := errors.AsType[interface {
			error
			Class() string
		}](err)
		if !ok || classed.Class() != "proxy" {
			t.Errorf("%d: %v has another class", status, err)
		}
		if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "denied") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestWrongCredentialsForASOCKSProxyAreAnErrorThatShowsNone(t *testing.T) {
	p := routetest.NewSocks(t, "", "me", "hush")
	client := lead(t, "", "proxy = \"socks5://me:hunter2@"+p.Address+"\"", bridge.Env{})
	_, err := client.get(t, "http://192.0.2.1/")
	says(t, "hunter2", err, "socks connect", "username/password authentication failed")
	if strings.Contains(fmt.Sprint(err), "hunter2") || len(p.Asked()) > 0 {
		t.Errorf("%v, asked %q", err, p.Asked())
	}
}

// D20: the proxy may stand at a private address, whatever is denied, and at none that is always refused.
func TestTheProxyItselfIsTheOperatorsWord(t *testing.T) {
	direct := plainServer(t, told)
	p := routetest.NewProxy(t, direct)
	client := lead(t, "", "proxy = \"http://"+p.Address+"\"\negress {\n deny_private = true\n}", bridge.Env{})
	if _, err := client.get(t, "http://192.0.2.1/"); err != nil {
		t.Error(err)
	}
	names := routetest.NewNames(t, "proxy.test", func(int) []netip.Addr { return []netip.Addr{netip.MustParseAddr("169.254.169.254")} })
	for _, proxy := range []string{
		"http://169.254.169.254:3128", "https://169.254.1.1", "socks5://[fe80::1]:1080", "http://[::ffff:169.254.169.254]", "http://proxy.test:3128",
	} {
		client := lead(t, "", "proxy = \""+proxy+"\"", bridge.Env{Resolver: names.Resolver()})
		if _, err := client.get(t, "http://192.0.2.1/"); !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: error %v", proxy, err)
		}
	}
}

// D20: the address of the proxy is no hole for those who ask for it as a target, which is reached directly because it
// is a loopback address.
func TestTheAddressOfTheProxyIsDeniedAsATarget(t *testing.T) {
	p := routetest.NewProxy(t, "")
	client := lead(t, "", "proxy = \"http://"+p.Address+"\"\negress {\n deny_private = true\n}", bridge.Env{})
	if _, err := client.get(t, "http://"+p.Address+"/"); !errors.Is(err, egress.ErrRefused) || len(p.Asked()) > 0 {
		t.Errorf("error %v, asked %q", err, p.Asked())
	}
}

// D20: what lies behind a proxy is looked at before each request.
func TestAProxyIsNoWayAroundTheGuard(t *testing.T) {
	const deny = "egress {\n deny_private = true\n allow = [\"10.1.0.0/16\"]\n}"
	for _, c := range []struct{ url, addr, config, refused string }{
		{"http://169.254.169.254/", "", "", "metadata"},
		{"https://169.254.169.254/", "", "", "metadata"},
		{"https://[::ffff:169.254.169.254]/", "", "", "metadata"},
		{"http://[64:ff9b::a9fe:a9fe]/", "", "", "metadata"},
		{"http://0xa9fea9fe/", "", "", "odd spelling"},
		{"http://10.2.3.4/", "", "", ""},
		{"http://10.2.3.4/", "", deny, "private"},
		{"http://10.1.3.4/", "", deny, ""},
		{"https://named.test/", "169.254.169.254", "", "metadata"},
		{"https://named.test/", "10.2.3.4", "", ""},
		{"https://named.test/", "10.2.3.4", deny, "private"},
		{"https://named.test/", "10.1.3.4", deny, ""},
		{"https://named.test/", "192.0.2.9", deny, ""},
		{"https://unknown.test/", "192.0.2.9", "", ""},
		{"https://unknown.test/", "192.0.2.9", deny, "leave it out where the proxy itself refuses"},
	} {
		names := routetest.NewNames(t, "named.test", func(int) []netip.Addr { return []netip.Addr{netip.MustParseAddr(c.addr)} })
		p := routetest.NewProxy(t, "")
		p.Deny(http.StatusTeapot)
		client := lead(t, "", "proxy = \"http://"+p.Address+"\"\n"+c.config, bridge.Env{Resolver: names.Resolver()})
		_, err := client.get(t, c.url)
		if c.refused == "" {
			if errors.Is(err, egress.ErrRefused) || len(p.Asked()) != 1 {
				t.Errorf("%s at %q: error %v, the proxy was asked %q", c.url, c.addr, err, p.Asked())
			}
			continue
		}
		says(t, c.url, err, "egress guard", c.refused)
		if len(p.Asked()) > 0 {
			t.Errorf("%s at %q: the proxy was asked %q", c.url, c.addr, p.Asked())
		}
	}
}

// The version that is asked for holds for the proxy as well.
func TestAnOldProxyIsRefused(t *testing.T) {
	authority := routetest.NewAuthority()
	dir := t.TempDir()
	layFiles(t, dir, "ca", authority.Cert)
	config := authority.Config(authority.Issue("proxy.test"))
	config.MaxVersion = tls.VersionTLS12
	p := routetest.NewSecureProxy(t, plainServer(t, told), config)
	for version, want := range map[string]bool{"1.2": true, "1.3": false} {
		client := lead(t, dir, fmt.Sprintf("proxy = \"https://%s\"\ntls {\n ca = file(\"ca\")\n min_version = %q\n}", p.Address, version), bridge.Env{})
		if _, err := client.get(t, "http://192.0.2.1/"); (err == nil) != want {
			t.Errorf("min_version %s: %v", version, err)
		}
	}
}
