package webhook

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// Bounds of an answer's body.
const (
	maxRead = 64 << 10 // read, so that the connection can be used again
	maxKept = 4 << 10  // kept in the receipt
)

// excerpt reads the start of an answer. What ends the reading early is no matter: the status has been said.
func (w *Webhook) excerpt(body io.Reader) string {
	read, _ := io.ReadAll(io.LimitReader(body, maxRead))
	text := w.hidden.Text(strings.ToValidUTF8(string(read), "\uFFFD"))
	if len(text) <= maxKept {
		return text
	}
	end := maxKept
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// verdict says what an answer means.
func verdict(response *http.Response) error {
	status := response.StatusCode
	err := fmt.Errorf("status %d", status)
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		return fmt.Errorf("%w: a redirect is never followed, give the final url", err)
	case status == http.StatusGone:
		return bridge.Gone(err)
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return throttle(err, response.Header)
	}
	return err
}

// throttle adds to an error what the receiver asked for, if that can be read.
func throttle(err error, header http.Header) error {
	wait, ok := retryafter.Parse(header.Get("Retry-After"), time.Now())
	if !ok {
		return err
	}
	return bridge.RetryAfter(err, wait)
}
