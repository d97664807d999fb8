package signature

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const (
	prefixPrivate = "whsk_"
	prefixPublic  = "whpk_"
)

// A PrivateKey signs with Ed25519. It prints as "(sensitive)" in every format.
type PrivateKey struct{ key ed25519.PrivateKey }

// A PublicKey verifies what the private key of its pair signed. It is no secret.
type PublicKey struct{ key ed25519.PublicKey }

// NewKeyPair makes a random pair of keys: whsk_ and the base64 of the seed and the public key, which only the
// sender has, and whpk_ and the base64 of the public key, which anybody may have.
func NewKeyPair() (private, public string) {
	open, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err) // never: crypto/rand ends the program instead
	}
	return prefixPrivate + base64.StdEncoding.EncodeToString(secret), prefixPublic + base64.StdEncoding.EncodeToString(open)
}

// ParsePrivateKey reads whsk_ and the standard base64 of a seed of 32 bytes with the public key behind it, or
// of the seed alone. The error says what is wrong, without the key.
func ParsePrivateKey(text string) (PrivateKey, error) {
	decoded, err := decodeKey(text, prefixPrivate)
	switch {
	case err != nil:
		return PrivateKey{}, fmt.Errorf("read private key: %w", err)
	case len(decoded) != ed25519.SeedSize && len(decoded) != ed25519.PrivateKeySize:
		return PrivateKey{}, fmt.Errorf("read private key: it stands for %d bytes, not %d or %d",
			len(decoded), ed25519.PrivateKeySize, ed25519.SeedSize)
	}
	key := ed25519.NewKeyFromSeed(decoded[:ed25519.SeedSize])
	if len(decoded) == ed25519.PrivateKeySize && !bytes.Equal(key, decoded) {
		return PrivateKey{}, errors.New("read private key: its second half is not the public key of its first")
	}
	return PrivateKey{key}, nil
}

// ParsePublicKey reads whpk_ and the standard base64 of 32 bytes.
func ParsePublicKey(text string) (PublicKey, error) {
	decoded, err := decodeKey(text, prefixPublic)
	switch {
	case err != nil:
		return PublicKey{}, fmt.Errorf("read public key: %w", err)
	case len(decoded) != ed25519.PublicKeySize:
		return PublicKey{}, fmt.Errorf("read public key: it stands for %d bytes, not %d", len(decoded), ed25519.PublicKeySize)
	}
	return PublicKey{decoded}, nil
}

// Public returns the other key of the pair.
func (k PrivateKey) Public() PublicKey {
	return PublicKey{ed25519.PublicKey(k.key[ed25519.SeedSize:])}
}

// String returns the key as [ParsePublicKey] reads it.
func (k PublicKey) String() string { return prefixPublic + base64.StdEncoding.EncodeToString(k.key) }

func (k PrivateKey) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte("(sensitive)")) }
func (k PrivateKey) MarshalText() ([]byte, error) { return []byte("(sensitive)"), nil }

func decodeKey(text, prefix string) ([]byte, error) {
	if err := misplaced(text, prefix); err != nil {
		return nil, err
	}
	encoded, found := strings.CutPrefix(text, prefix)
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil || strings.ContainsAny(encoded, "\r\n") {
		return nil, fmt.Errorf("it is not %q and standard base64 after it", prefix)
	}
	return decoded, nil
}

// misplaced names a key of another kind than the one that is wanted, by its prefix. An empty one wants text,
// which may well begin with whsec_: secrets of Stripe do.
func misplaced(text, wanted string) error {
	for _, known := range []struct{ prefix, kind string }{
		{prefix, "a shared secret"}, {prefixPrivate, "a private key"}, {prefixPublic, "a public key"},
	} {
		other := known.prefix != wanted && (wanted != "" || known.prefix != prefix)
		if other && strings.HasPrefix(text, known.prefix) {
			return fmt.Errorf("it begins with %q, and so is %s", known.prefix, known.kind)
		}
	}
	return nil
}
