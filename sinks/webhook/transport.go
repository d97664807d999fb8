package webhook

import (
	"net/http"
	"net/url"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Bounds of the transport. A sink's timeout bounds the whole exchange; these bound what outlives it.
const (
	idleConnections = 1000 // the most attempts at a time that a sink may be given
	idleTime        = 90 * time.Second
	handshakeTime   = 10 * time.Second
	maxHeader       = 64 << 10
)

// readRoute reads how the receiver is reached. A block tls that nothing would come of is a mistake: who writes one
// does not mean to send in the clear.
func readRoute(r *setting.Reader, env bridge.Env, given attributes, to *url.URL) route.Route {
	if given.TLS != nil && to != nil && to.Scheme == "http" && !setting.Given(given.Proxy) {
		r.Report(setting.Wrong(given.TLS.Range, "TLS without encryption", "The url begins with http://, so that nothing is "+
			"encrypted and nobody shows a certificate: make it https://, or take out the block tls."))
	}
	return route.Read(r, env, route.Attributes{Proxy: given.Proxy, TLS: given.TLS, Egress: given.Egress})
}

// newTransport makes the sink's own transport, so that no sink can use up another's connections.
func newTransport(way route.Route) *http.Transport {
	t := &http.Transport{
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTime,
		TLSHandshakeTimeout:    handshakeTime,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
	}
	way.Own(t)
	t.DialContext = crashpoint.Connections(t.DialContext)
	return t
}

// exchange makes one request. Its error says what can be done about it, and of which kind it is.
func (w *Webhook) exchange(request *http.Request) (*http.Response, error) {
	response, err := w.transport.RoundTrip(request)
	if err != nil {
		return nil, classify(w.route.Explain(err))
	}
	route.Withhold(response)
	return response, nil
}
