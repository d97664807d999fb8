package webhook_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
	"github.com/hookbridge/hookbridge/sinks/webhook"
)

// overFiles builds a sink whose config may read files of a directory.
func overFiles(t *testing.T, dir, config string) (bridge.Sink, hcl.Diagnostics) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(config), "crm.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	eval := &hcl.EvalContext{Functions: setting.NewLookup(nil, dir).Functions()}
	sink, diags := webhook.Kind().New(file.Body, bridge.Env{Name: "crm", Eval: eval})
	if !diags.HasErrors() {
		t.Cleanup(func() { _ = sink.(io.Closer).Close() })
	}
	return sink, diags
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

// secure is a receiver that takes requests only from those who show a certificate of the authority.
func secure(t *testing.T, a *routetest.Authority, got chan<- string) string {
	t.Helper()
	config := a.Config(a.Issue("receiver.test"))
	config.ClientAuth = tls.RequireAndVerifyClientCert
	server := routetest.Serve(t, config, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- fmt.Sprintf("%s %s %v %s", r.Proto, routetest.Shown(r), r.Header, body)
	})
	return server.Listener.Addr().String()
}

// D15: mutual TLS with an own authority, directly and through each kind of proxy, by HTTP/2.
func TestAWebhookIsDeliveredByMutualTLSAndThroughAProxy(t *testing.T) {
	authority, dir, got := routetest.NewAuthority(), t.TempDir(), make(chan string, 1)
	client := authority.Issue("bridge")
	layFiles(t, dir, "ca", authority.Cert, "cert", client.Cert, "key", client.Key)
	address := secure(t, authority, got)
	tunnel, socks := routetest.NewProxy(t, address), routetest.NewSocks(t, address, "me", "hush-hush")
	wrapped := routetest.NewSecureProxy(t, address, authority.Config(authority.Issue("proxy.test")))
	for proxy, asked := range map[string]func() []string{
		"":                                      func() []string { return nil },
		"http://me:hush-hush@" + tunnel.Address: tunnel.Asked,
		"https://me:hush-hush@" + wrapped.Address: wrapped.Asked,
		"socks5://me:hush-hush@" + socks.Address:  socks.Asked,
	} {
		url := "https://192.0.2.1/hooks"
		if proxy == "" {
			url = "https://" + address + "/hooks"
		}
		sink, diags := overFiles(t, dir, fmt.Sprintf("url = %q\nsecret = %q\nproxy = %q\n%s", url, secret, proxy, mutual))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		receipt, err := sink.Send(t.Context(), sinktest.Event("42", 3))
		if err != nil || receipt.Status != 200 {
			t.Fatalf("%s: %+v, %v", proxy, receipt, err)
		}
		said := <-got
		if !strings.HasPrefix(said, "HTTP/2.0 bridge ") || !strings.Contains(said, `"type":"tickets.updated"`) {
			t.Errorf("%s: the receiver got %s", proxy, said)
		}
		if strings.Contains(said, "Proxy-") || strings.Contains(said, "hush") {
			t.Errorf("%s: the receiver was told %s", proxy, said)
		}
		if lines := strings.Join(asked(), " "); proxy != "" && (!strings.Contains(lines, "192.0.2.1:443") || !strings.Contains(lines, "me:hush-hush")) {
			t.Errorf("%s: the proxy was asked %q", proxy, lines)
		}
	}
	if tunnel.Saw("tickets.updated") || tunnel.Saw("webhook-signature") {
		t.Error("the proxy saw what is for the receiver")
	}
}

// D15: who cannot be believed gets nothing.
func TestAReceiverThatCannotBeBelievedGetsNothing(t *testing.T) {
	known, other, dir, got := routetest.NewAuthority(), routetest.NewAuthority(), t.TempDir(), make(chan string, 1)
	client := other.Issue("bridge")
	layFiles(t, dir, "ca", known.Cert, "cert", client.Cert, "key", client.Key)
	address := secure(t, other, got)
	for block, want := range map[string]string{"": "name its authority", mutual: "none of the authorities"} {
		sink, diags := overFiles(t, dir, fmt.Sprintf("url = \"https://%s\"\nunsigned = true\n%s", address, block))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		receipt, err := sink.Send(t.Context(), sinktest.Event("42", 3))
		if err == nil || !strings.Contains(err.Error(), want) || bridge.IsPermanent(err) || receipt.Status != 0 {
			t.Errorf("%+v, %v", receipt, err)
		}
	}
	if len(got) > 0 {
		t.Errorf("it got %s", <-got)
	}
}

// D15: a certificate that is replaced in its files is shown on the next connection.
func TestACertificateThatIsReplacedIsUsedWithoutAReload(t *testing.T) {
	t.Parallel()
	authority, dir, got := routetest.NewAuthority(), t.TempDir(), make(chan string, 1)
	first, then := authority.Issue("first"), authority.Issue("second")
	layFiles(t, dir, "ca", authority.Cert, "cert", first.Cert, "key", first.Key)
	sink, diags := overFiles(t, dir, fmt.Sprintf("url = \"https://%s\"\nunsigned = true\n%s", secure(t, authority, got), mutual))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	sends := func() string {
		t.Helper()
		if _, err := sink.Send(t.Context(), sinktest.Event("42", 3)); err != nil {
			t.Fatal(err)
		}
		_ = sink.(io.Closer).Close() // of the connection that is kept
		return strings.Fields(<-got)[1]
	}
	if name := sends(); name != "first" {
		t.Errorf("%s was shown", name)
	}
	layFiles(t, dir, "cert", then.Cert, "key", then.Key)
	for end := time.Now().Add(30 * time.Second); sends() != "second"; {
		if time.Now().After(end) {
			t.Fatal("the new certificate is not shown")
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
}

// D20: what an attempt is refused for, and that it is tried again.
func TestAnAttemptThatTheGuardRefusesSaysSoAndIsNotPermanent(t *testing.T) {
	r := newReceiver(t, nil)
	port := r.URL[strings.LastIndex(r.URL, ":")+1:]
	bound := routetest.NewNames(t, "crm.test", func(int) []netip.Addr { return []netip.Addr{netip.MustParseAddr("169.254.169.254")} })
	const deny = "egress {\n deny_private = true\n allow = [\"10.1.0.0/16\"]\n}"
	for url, want := range map[string]string{
		"http://169.254.169.254/latest":          "169.254.169.254 is the metadata service",
		"http://[fd00:ec2::254]/latest":          "fd00:ec2::254 is the metadata service",
		"http://[::ffff:169.254.169.254]/latest": "169.254.169.254 is the metadata service",
		"http://crm.test/":                       "169.254.169.254 is the metadata service",
		r.URL:                                    `127.0.0.1 is a loopback address, and deny_private is set (egress { allow = ["127.0.0.1/32"] }`,
		"http://localhost:" + port:               "a loopback address, and deny_private is set",
		"http://10.2.0.1/":                       "10.2.0.1 is a private address, and deny_private is set",
	} {
		config := fmt.Sprintf("url = %q\nunsigned = true\n", url)
		if strings.Contains(want, "deny_private") {
			config += deny
		}
		var env bridge.Env
		if strings.Contains(url, "crm.test") {
			env.Resolver = bound.Resolver()
		}
		sink, diags := sinktest.Build(t, webhook.Kind(), config, env)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, err := sink.Send(t.Context(), sinktest.Event("42", 3))
		if !errors.Is(err, egress.ErrRefused) || !strings.Contains(err.Error(), want) || bridge.IsPermanent(err) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	if len(r.all()) != 0 {
		t.Error("something was sent")
	}
	sink := newSink(t, r.URL, "unsigned = true\negress {\n deny_private = true\n allow = [\"127.0.0.1/32\"]\n}")
	if _, err := sink.Send(t.Context(), sinktest.Event("42", 3)); err != nil {
		t.Errorf("an allowed address: %v", err)
	}
}

// What a proxy says back of who asked it is not kept.
func TestAProxyThatEchoesTellsNoSecret(t *testing.T) {
	proxy := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = fmt.Fprintf(w, "not you: %v, bridge-user with %s", r.Header, sinktest.Marker)
	})
	sink := newSink(t, "http://192.0.2.1/hooks", fmt.Sprintf("unsigned = true\nproxy = hidden(\"http://bridge-user:%s@%s\")",
		sinktest.Marker, strings.TrimPrefix(proxy.URL, "http://")))
	receipt, err := sink.Send(t.Context(), sinktest.Event("42", 3))
	if err == nil || receipt.Status != 407 || !strings.Contains(receipt.Excerpt, "not you") {
		t.Fatalf("%+v, %v", receipt, err)
	}
	asked := proxy.last(t).header.Get("Proxy-Authorization")
	for _, secret := range []string{sinktest.Marker, "bridge-user", strings.TrimPrefix(asked, "Basic ")} {
		if told := fmt.Sprintf("%+v %v", receipt, err); secret == "" || strings.Contains(told, secret) {
			t.Errorf("%q is told: %s", secret, told)
		}
	}
}
