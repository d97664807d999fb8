package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// longestURL bounds what a server may name as the next page.
const longestURL = 16 << 10

// request builds the request for a page. All that the config holds goes only to its own origin; another one
// is told what an answer should be like, and nothing else.
func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	own := SameOrigin(r.URL, c.settings.URL)
	if !own && c.settings.BodySecret {
		return nil, errors.New("the body of the request holds a secret, which does not go to another origin")
	}
	target := clone(r.URL)
	target.User, target.Fragment, target.RawFragment = nil, "", ""
	if len(target.String()) > longestURL {
		return nil, fmt.Errorf("a URL of %d bytes, and %d is the most", len(target.String()), longestURL)
	}
	req, err := http.NewRequestWithContext(ctx, c.settings.Method, target.String(), c.body(r))
	if err != nil {
		return nil, plain(err)
	}
	c.setHeader(req, r, own)
	if r.etag != "" {
		req.Header.Set("If-None-Match", r.etag)
	}
	if r.modified != "" {
		req.Header.Set("If-Modified-Since", r.modified)
	}
	return req, nil
}

func (c *Client) body(r Request) io.Reader {
	switch {
	case r.Body != nil:
		return bytes.NewReader(r.Body)
	case c.settings.Body != nil:
		return bytes.NewReader(c.settings.Body)
	}
	return nil
}

func (c *Client) setHeader(req *http.Request, r Request, own bool) {
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", c.settings.Accept)
	req.Header.Set("Accept-Encoding", codings)
	if req.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, header := range []http.Header{c.settings.Header, r.Header} {
		for name, values := range header {
			if own || isOpen(name) {
				req.Header[name] = values
			}
		}
	}
}

// isOpen tells the headers that say what is asked for from those that may say who asks.
func isOpen(name string) bool {
	return name == "Accept" || name == "User-Agent" || name == "Content-Type"
}

// checkRedirect follows a redirect of a GET, and leaves behind what belongs to the origin that the first
// request went to. A chain that has left that origin once is not trusted with it again.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet {
		return http.ErrUseLastResponse
	}
	if most := c.settings.Limits.Redirects; len(via) > most {
		return fmt.Errorf("more than %d redirects (max_redirects)", most)
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return fmt.Errorf("redirected to the scheme %q, and only http and https are followed", brief(req.URL.Scheme))
	}
	req.URL.User = nil
	req.Header.Del("Referer") // names the URL before, query and all
	if c.left(req, via) {
		for name := range req.Header {
			if name != "Accept" && name != "Accept-Encoding" && name != "User-Agent" {
				req.Header.Del(name)
			}
		}
	}
	return nil
}

// left reports whether the chain of redirects is, or ever was, away from the origin of the config.
func (c *Client) left(req *http.Request, via []*http.Request) bool {
	for _, hop := range via {
		if !SameOrigin(hop.URL, c.settings.URL) {
			return true
		}
	}
	return !SameOrigin(req.URL, c.settings.URL)
}

// SameOrigin reports whether two URLs have the same scheme, host and port.
func SameOrigin(a, b *url.URL) bool { return Origin(a) == Origin(b) }

// Origin returns scheme, host and port, the port even where it is the scheme's own.
func Origin(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case strings.EqualFold(u.Scheme, "https"):
		port = "443"
	default:
		port = "80"
	}
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}

func clone(u *url.URL) *url.URL {
	copied := *u
	return &copied
}

// plain takes the URL out of an error of net/http.
func plain(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}
