// Package credential is what proves to an API who asks. [Read] takes a block auth, or a reference to a shared
// one, and makes a [Credential] of it, which signs requests to the origin that the config names; who calls it
// sees to it that no others are signed.
//
// A credential that is given out for a time is asked for when it is first needed, and again shortly before it
// runs out or when the API refuses it. All who share one wait for the same request. Each asks through the
// client of the source that needs it, so that the limits, the guard, the proxy and the budget of that source hold.
//
// A refresh token that replaces another is on disk before it is used: killed at any moment after the answer has
// arrived, the next start goes on with the new one. Between the server's decision and that moment nothing can be
// done; servers that revoke the old token at once lose the session then.
package credential

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential/wire"
)

// A Credential is added to requests. It is safe for concurrent use, by several sources.
type Credential interface {
	// Kind is the label of its block.
	Kind() string

	// Header names the header that it sets, "" where it sets none.
	Header() string

	// Prepare sees to it that there is something to sign with. It may ask for a token, with the given client and
	// under ctx, and may wait for somebody else who does; who calls it holds nothing that others wait for.
	Prepare(ctx context.Context, through *http.Client) error

	// Ready reports whether what was prepared is still good.
	Ready() bool

	// Sign adds the credential to a request that is otherwise ready. It asks nobody, and signs with what there is.
	// The stamp tells what that was.
	Sign(req *http.Request) (Stamp, error)

	// Renew gets a credential anew after the API has refused the one of the stamp. It reports whether there is
	// another one now; where somebody else has renewed it since, nothing is asked.
	Renew(ctx context.Context, through *http.Client, used Stamp) (bool, error)

	// Secrets returns what must show nowhere, and a number that changes when they do.
	Secrets() (texts []string, version uint64)
}

// A Stamp tells the texts apart that one credential had in the course of time.
type Stamp uint64

// A carried credential is a text that stands in one place of the request.
type carried struct {
	*hidden
	kind   string
	place  place
	name   string // of a header, a parameter or a cookie
	supply supply
}

// A supply has the text of now.
type supply interface {
	prepare(ctx context.Context, through *http.Client) error
	ready() bool
	text() (string, Stamp)
	renew(ctx context.Context, through *http.Client, used Stamp) (bool, error)
}

type place uint8

const (
	inHeader place = iota
	inQuery
	inCookie
)

func (p place) String() string {
	return [...]string{"header", "parameter", "cookie"}[p]
}

func (c *carried) Kind() string { return c.kind }

func (c *carried) Header() string {
	if c.place == inHeader {
		return http.CanonicalHeaderKey(c.name)
	}
	return ""
}

func (c *carried) Prepare(ctx context.Context, through *http.Client) error {
	return c.supply.prepare(ctx, through)
}

func (c *carried) Ready() bool { return c.supply.ready() }

func (c *carried) Sign(req *http.Request) (Stamp, error) {
	text, stamp := c.supply.text()
	switch c.place {
	case inHeader:
		req.Header.Set(c.name, text)
	case inQuery:
		wire.SetQuery(req.URL, c.name, text)
	case inCookie:
		setCookie(req.Header, c.name, text)
	}
	return stamp, nil
}

func (c *carried) Renew(ctx context.Context, through *http.Client, used Stamp) (bool, error) {
	return c.supply.renew(ctx, through, used)
}

// setCookie puts the cookie beside those of other names.
func setCookie(header http.Header, name, value string) {
	var cookies []string
	for _, line := range header.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			if own, _, _ := strings.Cut(pair, "="); pair != "" && own != name {
				cookies = append(cookies, pair)
			}
		}
	}
	header.Set("Cookie", strings.Join(append(cookies, name+"="+value), "; "))
}

// mostHidden bounds the secrets of the past that are still kept out of texts: a late answer may repeat one.
const mostHidden = 32

// hidden are the secrets of a credential.
type hidden struct {
	mu      sync.Mutex
	fixed   []string // of the config
	recent  []string // that came later, oldest first
	version uint64
}

func (h *hidden) hide(texts ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, text := range texts {
		if text != "" && !slices.Contains(h.fixed, text) && !slices.Contains(h.recent, text) {
			h.recent = append(h.recent, text)
			h.version++
		}
	}
	if over := len(h.recent) - mostHidden; over > 0 {
		h.recent = slices.Clone(h.recent[over:])
	}
}

func (h *hidden) Secrets() ([]string, uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Concat(h.fixed, h.recent), h.version
}
