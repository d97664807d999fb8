package signature

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

// Bounds of a secret's decoded length in bytes, by the specification.
const (
	MinLength = 24
	MaxLength = 64
)

const (
	prefix    = "whsec_"
	newLength = 32
)

// A Key signs and verifies. It prints as "(sensitive)" in every format.
type Key struct{ bytes []byte }

// NewSecret makes a random secret: whsec_ and the base64 of 32 bytes.
func NewSecret() string {
	bytes := make([]byte, newLength)
	_, _ = rand.Read(bytes) // never fails: crypto/rand ends the program instead
	return prefix + base64.StdEncoding.EncodeToString(bytes)
}

// ParseSecret reads a secret with or without its prefix whsec_. The key is what the standard base64 after
// it stands for, 24 to 64 bytes. The error says what is wrong, without the secret.
func ParseSecret(text string) (Key, error) {
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

func (k Key) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte("(sensitive)")) }
func (k Key) MarshalText() ([]byte, error) { return []byte("(sensitive)"), nil }
