package fetch

import (
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge/route"
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
		MaxIdleConns:           4,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: 1 << 20,
	}
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
	way := j.transports.own
	if j.left {
		way = j.transports.other
	}
	answer, err := way.RoundTrip(req)
	if err == nil {
		route.Withhold(answer)
	}
	return answer, err
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
