package store

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
)

// NewKey makes a key that encrypts a state, as a configuration holds it: 32 bytes in base64.
func NewKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return base64.StdEncoding.EncodeToString(key)
}

// ParseKey reads a key that encrypts a state: 16, 24 or 32 bytes, for AES-128, 192 or 256, in the base64 of RFC 4648
// section 4. White space around it is not part of it. The error does not quote the text.
func ParseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%w: it takes 16, 24 or 32 bytes in base64, and this is no base64", ErrKey)
	}
	switch len(key) {
	case 16, 24, 32:
		return key, nil
	}
	return nil, fmt.Errorf("%w: it takes 16, 24 or 32 bytes in base64, and these are %d bytes", ErrKey, len(key))
}
