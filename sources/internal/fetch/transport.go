package fetch

import (
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential"
)

// transports are the ways to the servers: one for the origin of the config, which may show a certificate, and
// one for all others, which shows none.
type transports struct{ own, other *http.Transport }

func newTransports(way route.Route) transports {
	t := transports{own: newTransport()}
	way.Own(t.own)
	t.other = t.own
	if way.Parted() {
		t.other = newTransport()
		way.Other(t.other)
	}
	return t
}

func newTransport() *http.Transport {
	return &http.Transport{
		DisableCompression:     true, // it is undone here
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    30 * time.Second,
		IdleConnTimeout:        often,
		MaxIdleConns:           16,
		MaxIdleConnsPerHost:    8,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

func (t transports) rest() {
	t.own.CloseIdleConnections()
	t.other.CloseIdleConnections()
}

// A journey is one request with its redirects. It signs what goes to the origin of the config, on a copy: nothing
// above it ever holds a credential. A chain that has left that origin is a stranger to it from then on.
type journey struct {
	*Client
	left  bool
	stamp credential.Stamp // of what was signed last
}

// RoundTrip fulfils [http.RoundTripper].
func (j *journey) RoundTrip(req *http.Request) (*http.Response, error) {
	j.left = j.left || !SameOrigin(req.URL, j.settings.URL)
	signed := req
	if !j.left && j.settings.auth != nil {
		signed = req.Clone(req.Context())
		var err error
		if j.stamp, err = j.settings.auth.Sign(signed); err != nil {
			return nil, err
		}
	}
	resp, err := j.send(signed, !j.left)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

// send makes a request. Own says that it is for the origin of the config.
func (c *Client) send(req *http.Request, own bool) (*http.Response, error) {
	c.lounge.enter(c)
	way := c.lounge.other
	if own {
		way = c.lounge.own
	}
	answer, err := way.RoundTrip(req)
	if err == nil {
		route.Withhold(answer)
	}
	return answer, err
}
