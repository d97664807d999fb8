package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Client asks a running daemon. It is safe for concurrent use. Its methods return what the daemon answered,
// an [*Error] that the daemon answered with, or an error that wraps [ErrUnreachable]; they wait as long as
// their context lets them.
type Client struct {
	http    *http.Client
	address string
	token   setting.Secret
}

// maxAnswer bounds what a client reads: a plan's payloads, and plenty besides.
const maxAnswer = 64 << 20

// NewClient makes a client for the address that a daemon's admin block names: "unix:PATH", or "host:port".
// The token may be empty.
func NewClient(address string, token setting.Secret) *Client {
	network, target := "tcp", address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, target = "unix", path
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, target)
		},
		IdleConnTimeout: time.Minute,
	}
	return &Client{http: &http.Client{Transport: transport, CheckRedirect: stay}, address: address, token: token}
}

// stay keeps the client, and the token with it, at its address.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// get asks for a path made of parts, each of which may hold any character.
func get[T any](ctx context.Context, c *Client, query url.Values, parts ...string) (answer T, err error) {
	text, err := c.ask(ctx, http.MethodGet, target(query, parts), nil)
	if err != nil {
		return answer, err
	}
	return decode[T](text)
}

// post sends a body that is JSON.
func post[T any](ctx context.Context, c *Client, body any, parts ...string) (answer T, err error) {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		return answer, fmt.Errorf("write request: %w", err)
	}
	if text, err = c.ask(ctx, http.MethodPost, target(nil, parts), text); err != nil {
		return answer, err
	}
	return decode[T](text)
}

// target is a URL whose host is never looked up: the client knows where it dials.
func target(query url.Values, parts []string) string {
	var path strings.Builder
	for _, part := range parts {
		path.WriteString("/" + url.PathEscape(part))
	}
	if len(query) > 0 {
		path.WriteString("?" + query.Encode())
	}
	return "http://localhost" + path.String()
}

// decode passes over members that it does not know: the daemon may be newer.
func decode[T any](text []byte) (answer T, err error) {
	if err := json.Unmarshal(text, &answer); err != nil {
		return answer, fmt.Errorf("read answer of daemon: %w", err)
	}
	return answer, nil
}

func (c *Client) ask(ctx context.Context, method, target string, body []byte) ([]byte, error) {
	response, err := c.send(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read as far as it is wanted
	return answerOf(response)
}

// send makes a request, whose answer the caller closes.
func (c *Client) send(ctx context.Context, method, target string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if !c.token.IsZero() {
		request.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.explain(err)
	}
	return response, nil
}

func answerOf(response *http.Response) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read answer of daemon: %w", err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("read answer of daemon: it has more than %d bytes", maxAnswer)
	}
	if response.StatusCode == http.StatusOK {
		return text, nil
	}
	refused, err := decode[failure](text)
	if err != nil || refused.Error.Message == "" {
		refused.Error.Message = "the daemon answered with status " + response.Status
	}
	return nil, &Error{response.StatusCode, refused.Error.Message}
}

// explain says what to do about a daemon that cannot be asked.
func (c *Client) explain(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL is of no interest: nobody chose it
	}
	op, ok := errors.AsType[*net.OpError](err)
	switch {
	case !ok || op.Op != "dial":
		return fmt.Errorf("ask daemon at %s: %w", c.address, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w at %s: %w: its socket is for the user that it runs as", ErrUnreachable, c.address, op.Err)
	}
	return fmt.Errorf("%w at %s: %w: is the daemon running? `hookbridge run` starts it", ErrUnreachable, c.address, op.Err)
}
