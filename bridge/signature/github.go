package signature

import (
	"encoding/hex"
	"fmt"
	"time"
)

// The headers of GitHub's webhooks (https://docs.github.com/webhooks, "Validating webhook deliveries"), as
// net/http writes them.
const (
	HeaderGitHub         = "X-Hub-Signature-256"
	HeaderGitHubEvent    = "X-Github-Event"
	HeaderGitHubDelivery = "X-Github-Delivery"
)

// GitHub signs as GitHub does: "sha256=" and the hexadecimal HMAC-SHA256 of the body, under a key from
// [ParseText]. It has room for one signature, and says nothing of the time, so that a receiver cannot tell
// an old request from a new one.
type GitHub struct{ Key Key }

// Scheme returns "github".
func (GitHub) Scheme() string { return "github" }

// Sets returns the signature, and the two headers that receivers of GitHub's webhooks read besides.
func (GitHub) Sets() []string { return []string{HeaderGitHub, HeaderGitHubEvent, HeaderGitHubDelivery} }

// Sign sets the signature, the type of the event and its id.
func (g GitHub) Sign(m Message) {
	m.Header.Set(HeaderGitHub, g.signature(m.Body))
	m.Header.Set(HeaderGitHubEvent, m.Type)
	m.Header.Set(HeaderGitHubDelivery, m.ID)
}

// Verify accepts the one signature.
func (g GitHub) Verify(m Message, _ time.Time) error {
	given := m.Header.Values(HeaderGitHub)
	if len(given) != 1 {
		return fmt.Errorf("verify %s: %w", HeaderGitHub, ErrUnsigned)
	}
	if !matches(g.signature(m.Body), given) {
		return fmt.Errorf("verify %s: %w", HeaderGitHub, ErrSignature)
	}
	return nil
}

func (g GitHub) signature(body []byte) string { return "sha256=" + hex.EncodeToString(g.Key.mac(body)) }
