package webhook

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// ask asks with the headers that events have, of which one says who asks.
func (w *Webhook) ask(ctx context.Context, h *handshake) (limit float64, err error) {
	header := w.header.Clone()
	header.Del("Content-Type")
	if h.rate != "" {
		header.Set("WebHook-Request-Rate", h.rate)
	}
	request := &http.Request{Method: http.MethodOptions, URL: w.url, Host: w.url.Host, Header: header}
	response, err := w.exchange(request.WithContext(ctx))
	if err != nil {
		return 0, fmt.Errorf("ask for permission: %w", err)
	}
	defer response.Body.Close()
	_ = w.excerpt(response.Body) // so that the connection can be used again
	return h.judge(response)
}

// judge reads the answer. Only its headers count: a server that knows nothing of the handshake may well answer
// with 200, and the specification bars from reading anything into the status.
func (h *handshake) judge(response *http.Response) (limit float64, err error) {
	allowed, rate := response.Header.Get("WebHook-Allowed-Origin"), response.Header.Get("WebHook-Allowed-Rate")
	switch {
	case allowed == "":
		err = fmt.Errorf("status %d without WebHook-Allowed-Origin", response.StatusCode)
	case allowed != "*" && !strings.EqualFold(allowed, h.origin):
		err = fmt.Errorf("WebHook-Allowed-Origin is %.200q, not %q", allowed, h.origin)
	case rate == "" || rate == "*":
		return 0, nil
	default:
		if perMinute, err := strconv.ParseInt(rate, 10, 32); err == nil && perMinute > 0 {
			return float64(perMinute), nil
		}
		err = fmt.Errorf("WebHook-Allowed-Rate is %.200q, neither a number of events a minute nor *", rate)
	}
	return 0, throttle(&refusal{err}, response.Header)
}

// A refusal tells that the receiver did not agree to get events.
type refusal struct{ cause error }

func (e *refusal) Error() string { return "ask for permission: " + e.cause.Error() }
func (e *refusal) Unwrap() error { return e.cause }

// Class names the kind of failure.
func (e *refusal) Class() string { return "handshake" }
