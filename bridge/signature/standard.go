package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HeaderSignature is the header of Standard Webhooks: one line, signatures with spaces between them.
const HeaderSignature = "Webhook-Signature"

// What leads each signature: by a shared secret, and by a private key.
const (
	version  = "v1,"
	versionA = "v1a,"
)

// Standard signs as version v1 of Standard Webhooks has it, with each of its keys. The newest stands first,
// because some verifiers read no further.
type Standard []Key

// Scheme returns "standard".
func (Standard) Scheme() string { return "standard" }

// Sets returns the one header.
func (Standard) Sets() []string { return []string{HeaderSignature} }

// Sign adds a signature by each key.
func (s Standard) Sign(m Message) { add(m.Header, Header(s, m.ID, m.Time, m.Body)) }

// Verify accepts a signature by any of the keys, and passes over those of other versions.
func (s Standard) Verify(m Message, now time.Time) error {
	return verifyStandard(m, now, func(signed []byte, given []string) bool {
		for _, key := range s {
			if matches(version+base64.StdEncoding.EncodeToString(key.mac(signed)), given) {
				return true
			}
		}
		return false
	})
}

// Verify is [Standard.Verify] for who has a header and a body.
func Verify(header http.Header, body []byte, now time.Time, keys ...Key) error {
	return Standard(keys).Verify(Message{Header: header, Body: body}, now)
}

// Header returns the signatures by each key, in their order, as they go under [HeaderSignature].
func Header(keys []Key, id string, at time.Time, body []byte) string {
	signed := standardBase(id, Timestamp(at), body)
	signatures := make([]string, len(keys))
	for i, key := range keys {
		signatures[i] = version + base64.StdEncoding.EncodeToString(key.mac(signed))
	}
	return strings.Join(signatures, " ")
}

// add appends to the one line.
func add(header http.Header, signatures string) {
	if line := header.Get(HeaderSignature); line != "" {
		signatures = line + " " + signatures
	}
	header.Set(HeaderSignature, signatures)
}

// verifyStandard reads the three headers, judges the time, and asks whether one of the signatures is right.
func verifyStandard(m Message, now time.Time, right func(signed []byte, given []string) bool) error {
	id, timestamp := m.Header.Get(HeaderID), m.Header.Get(HeaderTimestamp)
	given := strings.Fields(strings.Join(m.Header.Values(HeaderSignature), " "))
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil || len(given) == 0 {
		return fmt.Errorf("verify webhook: %w", ErrUnsigned)
	}
	if err := fresh(seconds, now); err != nil {
		return fmt.Errorf("verify webhook %q: %w", id, err)
	}
	if !right(standardBase(id, timestamp, m.Body), given) {
		return fmt.Errorf("verify webhook %q: %w", id, ErrSignature)
	}
	return nil
}

// standardBase is what is signed: id, timestamp and body, with dots between them.
func standardBase(id, timestamp string, body []byte) []byte {
	base := make([]byte, 0, len(id)+len(timestamp)+len(body)+2)
	base = append(append(base, id...), '.')
	base = append(append(base, timestamp...), '.')
	return append(base, body...)
}

func matches(expected string, given []string) bool {
	found := 0
	for _, signature := range given {
		found |= subtle.ConstantTimeCompare([]byte(signature), []byte(expected))
	}
	return found == 1
}

// mac is the HMAC-SHA256 under the key.
func (k Key) mac(signed []byte) []byte {
	mac := hmac.New(sha256.New, k.bytes)
	mac.Write(signed)
	return mac.Sum(nil)
}
