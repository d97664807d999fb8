package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Bounds of passing on.
const (
	forwardTime = 30 * time.Second
	maxAnswer   = 1 << 20 // of an answer's body
)

// forward passes requests on to an app.
type forward struct {
	target    *url.URL
	transport *http.Transport
}

// forwarded is what came of passing a request on.
type forwarded struct {
	Status int           `json:"status,omitzero"`
	Error  string        `json:"error,omitzero"`
	Took   time.Duration `json:"-"`
}

func (f *forwarded) String() string {
	if f.Error != "" {
		return "not forwarded: " + f.Error
	}
	return fmt.Sprintf("forwarded: %d in %s", f.Status, f.Took.Round(time.Millisecond))
}

// ParseForward reads the URL of an app.
func ParseForward(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("read forward: %q is no URL such as http://127.0.0.1:3000/hook", text)
	}
	return u, nil
}

func newForward(target *url.URL) *forward {
	return &forward{target, &http.Transport{
		DisableCompression: true, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
	}}
}

// send passes a request on as it came, and returns the app's answer. Where there is none the sender hears 502.
func (f *forward) send(request *http.Request, body []byte) (answer, *forwarded) {
	began := time.Now()
	a, err := f.roundTrip(request, body)
	if err != nil {
		said := "forward request: " + err.Error()
		return answer{status: http.StatusBadGateway, body: []byte(said + "\n")},
			&forwarded{Status: http.StatusBadGateway, Error: said, Took: time.Since(began)}
	}
	return a, &forwarded{Status: a.status, Took: time.Since(began)}
}

func (f *forward) roundTrip(request *http.Request, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(request.Context(), forwardTime, errors.New("no answer within "+forwardTime.String()))
	defer cancel()
	out := &http.Request{
		Method: request.Method, URL: f.target, Host: f.target.Host, Header: f.header(request),
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	response, err := f.transport.RoundTrip(out.WithContext(ctx))
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer{}, fmt.Errorf("read answer: %w", err)
	case len(read) > maxAnswer:
		return answer{}, fmt.Errorf("read answer: it has more than %d bytes", maxAnswer)
	}
	return answer{status: response.StatusCode, header: endToEnd(response.Header), body: read}, nil
}

// header are the headers that came, and where they came to.
func (f *forward) header(request *http.Request) http.Header {
	header := endToEnd(request.Header)
	if header.Get("User-Agent") == "" {
		header["User-Agent"] = []string{""} // or else net/http would write one
	}
	for name, value := range map[string]string{"X-Forwarded-Host": request.Host, "X-Forwarded-Proto": "http"} {
		if header.Get(name) == "" {
			header.Set(name, value)
		}
	}
	return header
}

// endToEnd returns a copy without what concerns a single connection (RFC 9110, section 7.6.1).
func endToEnd(header http.Header) http.Header {
	header = header.Clone()
	for _, line := range header.Values("Connection") {
		for name := range strings.SplitSeq(line, ",") {
			header.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range []string{
		"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade", "Content-Length",
	} {
		header.Del(name)
	}
	return header
}
