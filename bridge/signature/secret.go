package signature

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Bounds of a secret's decoded length in bytes, by the specification of Standard Webhooks.
const (
	MinLength = 24
	MaxLength = 64
)

// maxText bounds a secret that is plain text, in bytes.
const maxText = 1024

const (
	prefix    = "whsec_"
	newLength = 32
)

// A Key is a shared secret, which signs and verifies. It prints as "(sensitive)" in every format.
type Key struct{ bytes []byte }

// NewSecret makes a random secret: whsec_ and the base64 of 32 bytes.
func NewSecret() string {
	bytes := make([]byte, newLength)
	_, _ = rand.Read(bytes) // never fails: crypto/rand ends the program instead
	return prefix + base64.StdEncoding.EncodeToString(bytes)
}

// ParseSecret reads a secret of Standard Webhooks, with or without its prefix whsec_. The key is what the
// standard base64 after it stands for, 24 to 64 bytes. The error says what is wrong, without the secret.
func ParseSecret(text string) (Key, error) {
	if err := misplaced(text, prefix); err != nil {
		return Key{}, fmt.Errorf("read secret: %w", err)
	}
	encoded := strings.TrimPrefix(text, prefix)
	bytes, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") {
		return Key{}, fmt.Errorf("read secret: after %q it is not standard base64", prefix)
	}
	if len(bytes) < MinLength || len(bytes) > MaxLength {
		return Key{}, fmt.Errorf("read secret: it stands for %d bytes, not %d to %d", len(bytes), MinLength, MaxLength)
	}
	return Key{bytes}, nil
}

// ParseText reads a secret whose key is the text itself, as GitHub and Stripe have it, with whatever prefix.
// The error says what is wrong, without the secret.
func ParseText(text string) (Key, error) {
	switch {
	case text == "":
		return Key{}, errors.New("read secret: it is empty")
	case len(text) > maxText:
		return Key{}, fmt.Errorf("read secret: it has more than %d bytes", maxText)
	case strings.TrimSpace(text) != text:
		return Key{}, errors.New("read secret: it begins or ends with a space or a line break")
	}
	if err := misplaced(text, ""); err != nil {
		return Key{}, fmt.Errorf("read secret: %w", err)
	}
	return Key{[]byte(text)}, nil
}

// ParseMessageSecret reads a secret for HTTP message signatures, for which RFC 9421 knows no form: with the
// prefix whsec_ it is what [ParseSecret] makes of it, otherwise what [ParseText] does.
func ParseMessageSecret(text string) (Key, error) {
	if strings.HasPrefix(text, prefix) {
		return ParseSecret(text)
	}
	return ParseText(text)
}

func (k Key) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte("(sensitive)")) }
func (k Key) MarshalText() ([]byte, error) { return []byte("(sensitive)"), nil }
