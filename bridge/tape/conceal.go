package tape

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
)

// concealment is what keeps the secrets out of a recording.
type concealment struct {
	mask
	readings map[string]string // what a replay is to read
}

// conceal makes one of what a source keeps to itself; hosts are those of its servers.
func conceal(c bridge.Concealed, hosts map[string]bool) concealment {
	s := standIns(c, hosts)
	hidden := concealment{mask: newMask(s.pairs, c.Secrets), readings: s.readings}
	for name, text := range hidden.readings {
		if parse(text) != nil { // of an address parts are hidden
			hidden.readings[name] = hidden.text(text)
		}
	}
	return hidden
}

// exchange makes one out of what was noted.
func (c concealment) exchange(n *note) (Exchange, error) {
	e := Exchange{Request: c.request(n)}
	if n.status == 0 {
		e.Failure = c.text(n.failure)
		return e, nil
	}
	body := c.escaped([]byte(c.text(n.body.String())))
	if jsontext.Value(n.body.Bytes()).IsValid() && !jsontext.Value(body).IsValid() {
		return e, fmt.Errorf("record the answer of %s: it holds a secret in a place where nothing else can stand", e.Request.URL)
	}
	e.Answer = &Answer{
		Status: n.status, Headers: c.headers(n.answer, secretAnswer), Unbounded: n.unbounded, body: body,
	}
	switch {
	case n.failure != "":
		e.Answer.Cut = c.text(n.failure)
	case !n.ended:
		e.Answer.Cut = "nobody read further"
	}
	return e, nil
}

// longestBody is how much of a request's body is written down; of a larger one the hash is.
const longestBody = 64 << 10

func (c concealment) request(n *note) Request {
	r := Request{Method: n.method, URL: c.text(n.url), Headers: c.headers(n.header, secretRequest)}
	r.setBody([]byte(c.text(string(n.asked))))
	return r
}

func (r *Request) setBody(body []byte) {
	switch {
	case len(body) == 0:
	case len(body) > longestBody || !utf8.Valid(body):
		sum := sha256.Sum256(body)
		r.Sum = "sha256:" + hex.EncodeToString(sum[:])
	case jsontext.Value(body).IsValid():
		r.Body = body
	default:
		r.Text = string(body)
	}
}

// headers are those that may be written down.
func (c concealment) headers(all http.Header, secret func(name string) bool) headers {
	kept := headers{}
	for name, values := range all {
		if secret(name) || len(values) == 0 {
			continue
		}
		for _, value := range values {
			kept[name] = append(kept[name], c.text(value))
		}
	}
	return kept
}

// secretRequest reports whether a header of a request says who asks, or how, rather than what for.
func secretRequest(name string) bool {
	return slices.Contains([]string{
		"Authorization", "Cookie", "Proxy-Authorization", "User-Agent", "Accept-Encoding", "If-None-Match", "If-Modified-Since",
	}, name)
}

// secretAnswer reports whether a header of an answer is for the one who asked alone, or belongs to the connection. A
// body is kept as it is when it has arrived.
func secretAnswer(name string) bool {
	return slices.Contains([]string{
		"Set-Cookie", "Set-Cookie2", "Authorization", "Www-Authenticate", "Proxy-Authenticate", "Authentication-Info",
		"Proxy-Authentication-Info", "X-Auth-Token", "X-Csrf-Token", "X-Xsrf-Token", "X-Amz-Security-Token",
		"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Trailer", "Upgrade", "Alt-Svc",
	}, name)
}

// head takes the secrets out of what does not come from the wire.
func (c concealment) head(r *Recording) error {
	items := make([]bridge.Item, 0, len(r.Items))
	for _, item := range r.Items {
		body := []byte(c.text(string(item.Body)))
		if !jsontext.Value(body).IsValid() {
			return fmt.Errorf("record the item %q of source %q: it holds a secret in a place where nothing else can stand",
				c.text(item.Key), r.Each)
		}
		items = append(items, bridge.Item{Key: c.text(item.Key), Body: body})
	}
	r.Items = items
	if r.Cursor != nil {
		if r.Cursor = jsontext.Value(c.text(string(r.Cursor))); !r.Cursor.IsValid() {
			return fmt.Errorf("record the cursor of source %q: it is no JSON, or holds a secret in a place where nothing else can stand", r.Source)
		}
	}
	return nil
}
