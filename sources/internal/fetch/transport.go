package fetch

import (
	"net"
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
)

// transports are the ways to the servers: one for the origin of the config, which may show a certificate, and
// one for all others, which shows none.
type transports struct {
	own, other *http.Transport
	guard      func(*http.Request) error // asks whether a request may go through the proxy
}

func newTransports(s Settings, env bridge.Env) transports {
	t := transports{own: newTransport(s, env), guard: func(*http.Request) error { return nil }}
	t.other = t.own
	if s.tls.given() {
		t.other = newTransport(s, env)
		t.own.TLSClientConfig, t.other.TLSClientConfig = s.tls.own(), s.tls.other()
	}
	if s.proxy.given() && env.Dial == nil {
		t.guard = s.proxy.guarded(&targets{lookup: net.DefaultResolver.LookupNetIP})
	}
	return t
}

func newTransport(s Settings, env bridge.Env) *http.Transport {
	dial := egress.DialFunc(env.Dial)
	switch {
	case dial != nil:
	case s.proxy.given():
		dial = (&net.Dialer{Timeout: 30 * time.Second}).DialContext // of the proxy, which the operator named
		dial = s.proxy.dial(dial, egress.Guard{}.Dialer().DialContext)
	default:
		dial = egress.Guard{}.Dialer().DialContext
	}
	t := &http.Transport{
		DialContext:            dial,
		DisableCompression:     true, // it is undone here
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    30 * time.Second,
		IdleConnTimeout:        often,
		MaxIdleConns:           4,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: 1 << 20,
	}
	if s.proxy.given() {
		t.Proxy = s.proxy.choose
	}
	return t
}

func (t transports) rest() {
	t.own.CloseIdleConnections()
	t.other.CloseIdleConnections()
}

// A journey is one request with its redirects. A chain that has left the origin of the config is a stranger to
// it from then on.
type journey struct {
	*Client
	left bool
}

// RoundTrip fulfils [http.RoundTripper].
func (j *journey) RoundTrip(req *http.Request) (*http.Response, error) {
	if !SameOrigin(req.URL, j.settings.URL) {
		j.left = true
	}
	if err := j.transports.guard(req); err != nil {
		return nil, err
	}
	if j.left {
		return j.transports.other.RoundTrip(req)
	}
	return j.transports.own.RoundTrip(req)
}

// travel returns a client for one request to the API and its redirects.
func (c *Client) travel() *http.Client { return &http.Client{Transport: &journey{Client: c}} }

// inquire returns a client for one request to a server that gives out tokens. Redirects are not followed, since
// the body would go along with them.
func (c *Client) inquire() *http.Client {
	return &http.Client{
		Transport:     &journey{Client: c},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       c.settings.Limits.Header + c.settings.Limits.Idle,
	}
}
