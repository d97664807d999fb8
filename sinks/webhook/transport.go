package webhook

import (
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
)

// Bounds of the transport. A sink's timeout bounds the whole exchange; these bound what outlives it.
const (
	idleConnections = 1000 // the most attempts at a time that a sink may be given
	idleTime        = 90 * time.Second
	handshakeTime   = 10 * time.Second
	pingAfter       = 15 * time.Second // of silence on an HTTP/2 connection
	pingTime        = 15 * time.Second
	maxHeader       = 64 << 10
)

// newTransport makes the sink's own transport, so that no sink can use up another's connections.
func newTransport(env bridge.Env) *http.Transport {
	dial := env.Dial
	if dial == nil {
		dial = egress.Guard{}.Dialer().DialContext
	}
	return &http.Transport{
		DialContext:            dial,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTime},
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTime,
		TLSHandshakeTimeout:    handshakeTime,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
	}
}
