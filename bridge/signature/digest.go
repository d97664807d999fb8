package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"

	"github.com/dunglas/httpsfv"
)

// digestOf writes the body's digest as it goes under [HeaderDigest] (RFC 9530, section 2).
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// checkDigest holds the digests of the message against its body: those of the algorithms that are in use, of
// which there must be one.
func (m Message) checkDigest() error {
	digests, err := httpsfv.UnmarshalDictionary(m.Header.Values(HeaderDigest))
	if err != nil {
		return fmt.Errorf("%w: %s is malformed", ErrUnsigned, HeaderDigest)
	}
	short, long := sha256.Sum256(m.Body), sha512.Sum512(m.Body)
	known := 0
	for name, sum := range map[string][]byte{"sha-256": short[:], "sha-512": long[:]} {
		member, found := digests.Get(name)
		if !found {
			continue
		}
		item, _ := member.(httpsfv.Item)
		if given, ok := item.Value.([]byte); !ok || !hmac.Equal(given, sum) {
			return fmt.Errorf("%w: %s", ErrDigest, name)
		}
		known++
	}
	if known == 0 {
		return fmt.Errorf("%w: %s has neither sha-256 nor sha-512", ErrUnsigned, HeaderDigest)
	}
	return nil
}
