package routetest

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// A Proxy is an HTTP proxy, which makes tunnels (RFC 9110, section 9.3.6) and passes plain requests on.
type Proxy struct {
	Record
	Address string // host and port

	to     string
	status atomic.Int64
}

// NewProxy runs a proxy that leads everybody to one address, whatever they ask for, or to where they want where the
// address is empty.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	p := &Proxy{to: to}
	p.Address = listen(t, p.serve).String()
	return p
}

// NewSecureProxy runs a proxy that is itself spoken to over TLS.
func NewSecureProxy(t testing.TB, to string, config *tls.Config) *Proxy {
	t.Helper()
	p := &Proxy{to: to}
	p.Address = listen(t, func(conn net.Conn) {
		secure := tls.Server(conn, config)
		if secure.HandshakeContext(t.Context()) != nil {
			return
		}
		for _, shown := range secure.ConnectionState().PeerCertificates {
			p.note("shown " + shown.Subject.CommonName)
		}
		p.serve(secure)
	}).String()
	return p
}

// Deny has the proxy answer everything with a status from now on.
func (p *Proxy) Deny(status int) { p.status.Store(int64(status)) }

// serve answers one client. It notes method, target, and user and password of each request.
func (p *Proxy) serve(conn net.Conn) {
	client := bufio.NewReader(io.TeeReader(conn, p))
	for {
		r, err := http.ReadRequest(client)
		if err != nil {
			return
		}
		p.note(strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, credentials(r))))
		status := int(p.status.Load())
		switch {
		case status != 0:
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Length: 6\r\n\r\ndenied", status, http.StatusText(status))
			return
		case r.Method == http.MethodConnect:
			p.tunnel(conn, client, r.Host)
			return
		case p.pass(conn, r) != nil:
			return
		}
	}
}

func (p *Proxy) tunnel(conn net.Conn, client io.Reader, target string) {
	server, err := net.Dial("tcp", cmp.Or(p.to, target))
	if err != nil {
		_, _ = io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	p.join(conn, client, server)
}

// pass hands a request on, and its answer back.
func (p *Proxy) pass(conn net.Conn, r *http.Request) error {
	server, err := net.Dial("tcp", cmp.Or(p.to, r.URL.Host))
	if err != nil {
		return err
	}
	defer server.Close()
	r.Header.Del("Proxy-Authorization")
	r.Header.Del("Proxy-Connection")
	if err := r.Write(server); err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(server), r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return answer.Write(conn)
}

// credentials are the user and the password that came with a request, with a colon between them.
func credentials(r *http.Request) string {
	user, password, found := (&http.Request{Header: http.Header{
		"Authorization": r.Header["Proxy-Authorization"],
	}}).BasicAuth()
	if !found {
		return ""
	}
	return user + ":" + password
}
