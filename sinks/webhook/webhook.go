// Package webhook is the sink that sends: one signed POST per attempt, as Standard Webhooks has it, or in the
// shape and with the signature that a receiver of GitHub's, Stripe's or CloudEvents' knows.
//
// Three decisions. It uses a transport and no http.Client, because it is the client that follows redirects;
// and it gives the transport no way to rewind a body, because a transport that can sends a POST again by
// itself. An answer of 2xx counts as soon as its header is there: the receiver has said that it took the
// event, and a body that drips or breaks off afterwards would only cause a duplicate. What the receiver said
// is kept with what we sent it in secret taken out, because receivers echo.
package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/route"
	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/bridge/veil"
)

// Webhook sends events to one URL.
type Webhook struct {
	url       *url.URL
	signers   []signature.Signer // none: unsigned
	header    http.Header        // that each request has
	format    format
	body      *expr.Expr // nil: the event's own data
	maxBody   int
	handshake *handshake  // nil: events are sent unasked
	route     route.Route // that the transport takes
	transport *http.Transport
	hidden    veil.Veil // takes out of texts what was sent in secret
}

var _ io.Closer = (*Webhook)(nil)

// Send makes one request. The error of an answer other than 2xx is "status" and its number: 410 is
// [bridge.Gone], 429 and 503 with a Retry-After are [bridge.RetryAfter], and a body that cannot be made is
// [bridge.Permanent]. No error and no receipt shows a header, a secret, or more of the URL than its host.
func (w *Webhook) Send(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
	body, err := w.payload(e)
	if err != nil {
		return bridge.Receipt{}, bridge.Permanent(&bodyError{err})
	}
	message := w.message(e.ID, e.Type, body)
	if w.format.head != nil {
		maps.Copy(message.Header, w.format.head(e))
	}
	return w.post(ctx, message)
}

// post makes the one request of an attempt.
func (w *Webhook) post(ctx context.Context, m signature.Message) (bridge.Receipt, error) {
	if err := w.handshake.permit(ctx, w.ask); err != nil {
		return bridge.Receipt{}, w.hidden.Wrap(err)
	}
	response, err := w.exchange(w.request(ctx, m))
	if err != nil {
		return bridge.Receipt{}, w.hidden.Wrap(fmt.Errorf("post event: %w", err))
	}
	defer response.Body.Close()
	crashpoint.Here(crashpoint.SendAnswered)
	receipt := bridge.Receipt{Status: response.StatusCode, Excerpt: w.excerpt(response.Body)}
	w.handshake.note(response.StatusCode)
	return receipt, verdict(response)
}

// Close lets go of idle connections. The caller sends nothing more.
func (w *Webhook) Close() error {
	w.transport.CloseIdleConnections()
	return nil
}

// message is what is to be signed and sent, with the headers that each request has.
func (w *Webhook) message(id, kind string, body []byte) signature.Message {
	return signature.Message{
		Method: http.MethodPost, Target: target(w.url), Header: w.header.Clone(), Body: body, ID: id, Type: kind,
	}
}

// request signs for this attempt. The bytes that are signed are those that are sent.
func (w *Webhook) request(ctx context.Context, m signature.Message) *http.Request {
	m.Time = time.Now()
	m.Stamp()
	for _, signer := range w.signers {
		signer.Sign(m)
	}
	request := &http.Request{
		Method:        m.Method,
		URL:           w.url,
		Host:          w.url.Host,
		Header:        m.Header,
		Body:          io.NopCloser(bytes.NewReader(m.Body)),
		ContentLength: int64(len(m.Body)),
	}
	return request.WithContext(ctx)
}

// target is the URL as a receiver puts it together from what net/http sends of it.
func target(u *url.URL) string {
	host, err := httpguts.PunycodeHostPort(u.Host)
	if err != nil {
		host = u.Host // and sending will fail
	}
	return u.Scheme + "://" + host + u.RequestURI()
}
