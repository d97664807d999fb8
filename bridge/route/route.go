// Package route is the way to a server, as a block of the configuration describes it: the proxy that leads there,
// the certificates that both sides show, and the addresses that may be reached at all. Sources and sinks share it,
// so that the same words mean the same in both.
//
// A proxy and the egress guard meet as follows. The proxy itself is the operator's word: it may stand at a private
// address whatever deny_private says, but not at one that is always refused. What lies behind it is looked at before
// each request: an address as it is, a name by looking it up here, although the proxy will look it up again and may
// find something else. A name that nobody here knows is left to the proxy, which may know more, unless deny_private
// is set: then only what was looked at passes. Handing the proxy the address that was found would close that gap, and
// most proxies as well, which decide by names.
package route

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Attributes are the expressions and blocks that say how servers are reached. A nil one is absent.
type Attributes struct {
	Proxy  hcl.Expression
	TLS    *TLS
	Egress *Egress
}

// Bounds of what an HTTP/2 connection that went dead without a word may cost: all that is sent to a server may share one.
const (
	pingAfter = 15 * time.Second // of silence
	pingTime  = 15 * time.Second
)

// A Route is the way that the transports of one block take. The zero Route leads straight to every server that the
// egress guard lets pass. It is safe for concurrent use.
type Route struct {
	dial  egress.DialFunc // of the program around it; nil: the network's, under guard
	guard egress.Guard
	tls   *security // nil: as the system has it
	proxy *proxy    // nil: none
}

// Read evaluates and checks the attributes.
func Read(r *setting.Reader, env bridge.Env, a Attributes) Route {
	w := Route{dial: env.Dial, guard: readGuard(r, env, a.Egress), tls: readTLS(r, a.TLS)}
	w.proxy = readProxy(r, env, a.Proxy)
	return w
}

// Secrets returns what no text may show: the user and the password of the proxy, in all that they are sent as.
func (w Route) Secrets() []string { return w.proxy.secrets() }

// Plain returns what tells the way of a block from those of others, as long as there is not more to it than the egress
// guard: no proxy, and no certificates of its own. Blocks whose ways are the same may have their connections in common.
func (w Route) Plain() (way string, plain bool) {
	return fmt.Sprint(w.guard.DenyPrivate, w.guard.Allow), w.tls == nil && w.proxy == nil
}

// Parted reports whether servers elsewhere get to see less than the one that the block is about, so that they need a
// transport of their own.
func (w Route) Parted() bool { return w.tls != nil }

// Own puts a transport on the way to the server that the block is about, which may see the certificate of the client.
func (w Route) Own(t *http.Transport) {
	w.lay(t)
	if w.tls != nil {
		t.TLSClientConfig = w.tls.own()
	}
}

// Other puts a transport on the way to servers that the first one leads to.
func (w Route) Other(t *http.Transport) {
	w.lay(t)
	if w.tls != nil {
		t.TLSClientConfig = w.tls.other()
	}
}

func (w Route) lay(t *http.Transport) {
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTime}
	dial := w.dial
	if dial == nil {
		dial = w.guard.Dialer().DialContext
	}
	t.DialContext = dial
	if w.proxy == nil {
		return
	}
	t.DialContext = w.proxy.dial(w.toProxy(), dial)
	t.OnProxyConnectResponse = denied
	t.Proxy = w.proxy.choose
	if w.dial == nil {
		t.Proxy = w.proxy.guarded(&targets{guard: w.guard, lookup: w.guard.Resolver.LookupNetIP})
	}
}

// toProxy dials the proxy, which may stand at a private address.
func (w Route) toProxy() egress.DialFunc {
	dial := w.dial
	if dial == nil {
		dial = egress.Guard{Allow: w.guard.Allow, Resolver: w.guard.Resolver}.Dialer().DialContext
	}
	if w.proxy.url.Scheme != "https" {
		return dial
	}
	return encrypted(dial, w.tls.other())
}
