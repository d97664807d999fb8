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
type proxy struct {
	url  *url.URL
	pick func(*url.URL) (*url.URL, error)
}

func readProxy(r *setting.Reader, env bridge.Env, x hcl.Expression) *proxy {
	before := len(r.Diagnostics())
	text := r.Secret(x).Reveal()
	if !setting.Given(x) || text == "" || len(r.Diagnostics()) > before {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		r.Fail(x, "Invalid proxy", "It takes a URL such as http://proxy.internal:3128 or socks5://localhost:1080.")
		return nil
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		r.Fail(x, "Invalid proxy", "A proxy is reached by http://, https:// or socks5://.")
		return nil
	}
	config := httpproxy.Config{HTTPProxy: text, HTTPSProxy: text, NoProxy: noProxy(env)}
	return &proxy{url: u, pick: config.ProxyFunc()}
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

// choose returns the proxy for a request, nil for none. Where names are given, they are asked about each request that
// goes through the proxy. One that does not is asked about when it is dialed.
func (p *proxy) choose(names *targets) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		through, err := p.pick(req.URL)
		if err != nil || through == nil || names == nil {
			return through, err
		}
		if err := names.check(req.Context(), req.URL.Hostname()); err != nil {
			return nil, err
		}
		return through, nil
	}
}

// dial dials the proxy freely, and everything else under guard.
func (p *proxy) dial(free, guarded egress.DialFunc) egress.DialFunc {
	own := p.address()
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.EqualFold(address, own) {
			return free(ctx, network, address)
		}
		return guarded(ctx, network, address)
	}
}

// address is what the transport dials for the proxy.
func (p *proxy) address() string {
	port := p.url.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[p.url.Scheme]
	}
	return net.JoinHostPort(p.url.Hostname(), port)
}
