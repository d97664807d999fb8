// Package signature signs webhooks, and verifies them, as the Standard Webhooks specification has it
// (https://www.standardwebhooks.com, version v1): an HMAC-SHA256 over id, timestamp and raw body, under a
// key that sender and receiver share. It stands below the sinks, so that what receives can import it too.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed request.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // unix seconds of the attempt
	HeaderSignature = "Webhook-Signature" // one line: signatures with spaces between them
)

// version leads each signature by a shared key.
const version = "v1,"

// Header returns the one line that goes under [HeaderSignature]: a signature by each key, in their order.
// The newest key stands first, because some verifiers read no further.
func Header(keys []Key, id string, at time.Time, body []byte) string {
	signatures := make([]string, len(keys))
	for i, key := range keys {
		signatures[i] = key.sign(id, Timestamp(at), body)
	}
	return strings.Join(signatures, " ")
}

// Timestamp writes an instant as it goes under [HeaderTimestamp].
func Timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// sign returns "v1," and the base64 of the HMAC of "id.timestamp.body".
func (k Key) sign(id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, k.bytes)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return version + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
