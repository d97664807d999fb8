// Package signature signs webhooks, and verifies them, in each of the ways that receivers know:
//
//   - [Standard] and [Ed25519], the versions v1 and v1a of the Standard Webhooks specification
//     (https://www.standardwebhooks.com): an HMAC-SHA256, or an Ed25519 signature, over id, timestamp and body;
//   - [GitHub], an HMAC-SHA256 over the body alone;
//   - [Stripe], an HMAC-SHA256 over timestamp and body;
//   - [HTTPMessage], a signature over parts of the request, by RFC 9421 and RFC 9530.
//
// Several may sign one request. Each signs the bytes that are sent, and every attempt anew, because receivers
// refuse what is older than some minutes. The package stands below the sinks, so that what receives can
// import it too. Verifiers take any header and any body, compare in constant time, and never panic.
package signature

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The headers that every webhook of hookbridge has, signed or not.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // unix seconds of the attempt
)

// A Message is a request: one that is about to leave, or one that came.
type Message struct {
	Method string
	Target string      // the absolute URL that it is sent to: @target-uri of RFC 9421, section 2.2.2
	Header http.Header // Sign adds to it
	Body   []byte      // as it is sent, before any transfer coding

	// What only the sender knows. Who verifies takes it from the header.
	ID   string    // of the event
	Type string    // of the event
	Time time.Time // of the attempt
}

// Stamp sets the headers that tell the message's id and time.
func (m Message) Stamp() {
	m.Header.Set(HeaderID, m.ID)
	m.Header.Set(HeaderTimestamp, Timestamp(m.Time))
}

// A Signer signs messages in one way. It is safe for concurrent use.
type Signer interface {
	// Scheme names the way to sign, as the configuration does.
	Scheme() string

	// Sets lists the headers that Sign sets, in their canonical form.
	Sets() []string

	// Sign sets them in the header of a message that is stamped, and otherwise as it will be sent. The header
	// of Standard Webhooks is one line which several signers write: a later one adds to it.
	Sign(m Message)
}

// A Verifier tells whether a message was signed in one way, near now, by who has the key. The error wraps
// [ErrUnsigned], [ErrStale], [ErrSignature] or [ErrDigest]. It is safe for concurrent use.
type Verifier interface {
	Scheme() string
	Verify(m Message, now time.Time) error
}

// Tolerance is how far a timestamp may lie from the receiver's clock, in either direction. The
// specifications leave it to the receiver; five minutes is what the known libraries take.
const Tolerance = 5 * time.Minute

// Why a request is refused.
var (
	ErrUnsigned  = errors.New("a webhook header is missing or malformed")
	ErrStale     = errors.New("the timestamp is too far from now")
	ErrSignature = errors.New("no signature matches")
	ErrDigest    = errors.New("the body is not the one of its digest")
)

// Timestamp writes an instant as it goes under [HeaderTimestamp].
func Timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// fresh judges a time in unix seconds.
func fresh(seconds int64, now time.Time) error {
	if off := now.Sub(time.Unix(seconds, 0)).Abs(); off > Tolerance {
		return fmt.Errorf("%w: %s off", ErrStale, off.Round(time.Second))
	}
	return nil
}
