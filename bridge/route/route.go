// Package route is the way to a server, as a block of the configuration describes it: the proxy that leads there,
// the certificates that both sides show, and the addresses that may be reached at all. Sources and sinks share it,
// so that the same words mean the same in both.
package route

import (
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Attributes are the expressions and blocks that say how servers are reached. A nil one is absent.
type Attributes struct {
	Proxy hcl.Expression
	TLS   *TLSBlock
}

// A Route is the way that the transports of one block take. The zero Route leads straight to every server that the
// egress guard lets pass. It is safe for concurrent use.
type Route struct {
	dial  egress.DialFunc // of the program around it; nil: the network's, under guard
	tls   *security       // nil: as the system has it
	proxy *proxy          // nil: none
}

// Read evaluates and checks the attributes.
func Read(r *setting.Reader, env bridge.Env, a Attributes) Route {
	return Route{dial: env.Dial, tls: readTLS(r, a.TLS), proxy: readProxy(r, env, a.Proxy)}
}

// Secrets returns what no text may show: the user and the password of the proxy, in all that they are sent as.
func (w Route) Secrets() []string { return w.proxy.secrets() }

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
	t.DialContext = w.dialer()
	if w.proxy == nil {
		return
	}
	names := &targets{lookup: net.DefaultResolver.LookupNetIP}
	if w.dial != nil {
		names = nil
	}
	t.Proxy = w.proxy.choose(names)
}

func (w Route) dialer() egress.DialFunc {
	guarded := egress.Guard{}.Dialer().DialContext
	switch {
	case w.dial != nil:
		return w.dial
	case w.proxy != nil:
		free := (&net.Dialer{Timeout: 30 * time.Second}).DialContext // of the proxy, which the operator named
		return w.proxy.dial(free, guarded)
	}
	return guarded
}
