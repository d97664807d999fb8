package signature

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"time"
)

// Ed25519 signs as version v1a of Standard Webhooks has it, with each of its keys, so that receivers need no
// secret.
type Ed25519 []PrivateKey

// Scheme returns "ed25519".
func (Ed25519) Scheme() string { return "ed25519" }

// Sets returns the header that it shares with [Standard].
func (Ed25519) Sets() []string { return []string{HeaderSignature} }

// Sign adds a signature by each key.
func (e Ed25519) Sign(m Message) {
	signed := standardBase(m.ID, Timestamp(m.Time), m.Body)
	for _, key := range e {
		add(m.Header, versionA+base64.StdEncoding.EncodeToString(ed25519.Sign(key.key, signed)))
	}
}

// Ed25519Public verifies what [Ed25519] signed.
type Ed25519Public []PublicKey

// Scheme returns "ed25519".
func (Ed25519Public) Scheme() string { return "ed25519" }

// Verify accepts a signature by any of the keys, and passes over those of other versions.
func (e Ed25519Public) Verify(m Message, now time.Time) error {
	return verifyStandard(m, now, func(signed []byte, given []string) bool {
		for _, text := range given {
			encoded, found := strings.CutPrefix(text, versionA)
			signature, err := base64.StdEncoding.Strict().DecodeString(encoded)
			if found && err == nil && e.signed(signed, signature) {
				return true
			}
		}
		return false
	})
}

func (e Ed25519Public) signed(message, signature []byte) bool {
	for _, key := range e {
		if ed25519.Verify(key.key, message, signature) {
			return true
		}
	}
	return false
}
