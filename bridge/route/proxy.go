package route

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/net/http/httpproxy"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// A proxy is the way out that the config names. The variables HTTP_PROXY and HTTPS_PROXY are not heeded, so that
// a config says all there is to say; proxy = env("HTTPS_PROXY") means them. The variable NO_PROXY is: hosts that
// it names are reached directly, and so are localhost and loopback addresses.
//
// The transport knows the proxy under a name that no URL can hold. So a connection to the proxy is told from one to
// a target that happens to be at the same address, which is under another guard, and which is not spoken to in the
// same way: TLS with the proxy itself is not the transport's, which would show it the certificate of the client.
type proxy struct {
	url    *url.URL // as it is given
	inside *url.URL // as the transport knows it
	pick   func(*url.URL) (*url.URL, error)
}

// insideHost is no host.
const insideHost = "the proxy"

func readProxy(r *setting.Reader, env bridge.Env, x hcl.Expression) *proxy {
	before := len(r.Diagnostics())
	text := r.Secret(x).Reveal()
	if !setting.Given(x) || text == "" || len(r.Diagnostics()) > before {
		return nil
	}
	u, err := url.Parse(text)
	if fault := faultOf(u, err); fault != "" {
		r.Fail(x, "Invalid proxy", "%s", fault)
		return nil
	}
	inside := &url.URL{Scheme: u.Scheme, User: u.User, Host: insideHost}
	if u.Scheme == "https" {
		inside.Scheme = "http"
	}
	config := httpproxy.Config{HTTPProxy: text, HTTPSProxy: text, NoProxy: noProxy(env)}
	return &proxy{url: u, inside: inside, pick: config.ProxyFunc()}
}

// faultOf says what is wrong with the URL of a proxy. It shows nothing of it, which may be a secret.
func faultOf(u *url.URL, err error) string {
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return "It takes a URL such as http://proxy.internal:3128 or socks5://localhost:1080."
	}
	if portOf(u) == "" {
		return "A proxy is reached by http://, https:// or socks5://."
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "A proxy is a host and a port: take out what comes after them."
	}
	return ""
}

// portOf is empty for schemes that no proxy is reached by.
func portOf(u *url.URL) string {
	own := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	if u.Port() != "" && own != "" {
		return u.Port()
	}
	return own
}

func noProxy(env bridge.Env) string {
	if env.Getenv == nil {
		return ""
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if value, found := env.Getenv(name); found {
			return value
		}
	}
	return ""
}

// secrets are what shows the proxy who asks.
func (p *proxy) secrets() []string {
	if p == nil || p.url.User == nil {
		return nil
	}
	password, _ := p.url.User.Password()
	basic := base64.StdEncoding.EncodeToString([]byte(p.url.User.Username() + ":" + password))
	return []string{p.url.User.Username(), password, p.url.User.String(), basic}
}

// choose returns the proxy for a request, nil for none.
func (p *proxy) choose(req *http.Request) (*url.URL, error) {
	through, err := p.pick(req.URL)
	if err != nil || through == nil {
		return nil, err
	}
	return p.inside, nil
}

// guarded asks about each request that goes through the proxy. One that does not is asked about when it is dialed.
func (p *proxy) guarded(names *targets) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		through, err := p.choose(req)
		if err != nil || through == nil {
			return nil, err
		}
		if err := names.check(req.Context(), req.URL.Hostname()); err != nil {
			return nil, err
		}
		return through, nil
	}
}

// dial dials the proxy in one way, and everything else in another.
func (p *proxy) dial(toProxy, others egress.DialFunc) egress.DialFunc {
	address := net.JoinHostPort(p.url.Hostname(), portOf(p.url))
	return func(ctx context.Context, network, target string) (net.Conn, error) {
		if host, _, err := net.SplitHostPort(target); err == nil && host == insideHost {
			return toProxy(ctx, network, address)
		}
		return others(ctx, network, target)
	}
}
