// Package backup is the form of the file that a backup of the state goes into: a stream of bytes, compressed, cut into
// frames that each bear a checksum, and encrypted where the state is.
//
// # Form
//
// The file begins with a line of text, the length of a header and the header in JSON, and a checksum over all of
// this. Frames follow: four bytes of length, whose highest bit marks the last frame, so many bytes of content, and a
// checksum. Numbers are big-endian; checksums are XXH3, of 64 bits, over the checksum before and the frame up to here,
// so that no frame can be left out, doubled or moved. The contents of all frames, one after the other, are one zstd
// stream (RFC 8878).
//
// With a key the content of each frame is sealed with AES-256-GCM. Its key is drawn by HKDF-SHA-256 (RFC 5869) from that
// of the state and a salt in the header; the nonce is the number of the frame, after a byte that is 1 in the last; what
// comes before the first frame is authenticated with each.
//
// A file that is cut short, or has one bit changed, or goes on after its last frame, is an error: whoever reads it knows
// by the end of the file, and not before, that all of it is good.
package backup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/zeebo/xxh3"
)

// ErrDamaged is a file that is no backup, or not a whole one.
var ErrDamaged = errors.New("backup is damaged")

// Format is the version of the form, and the only one so far.
const Format = 1

// A Header says what is in a backup.
type Header struct {
	Format    int       `json:"format"`
	Schema    uint32    `json:"schema"`  // of the rows
	Version   string    `json:"version"` // of the program that made it
	Made      time.Time `json:"made"`
	Encrypted bool      `json:"encrypted"`
	Salt      []byte    `json:"salt,omitempty"`
}

const (
	firstLine = "hookbridge backup\n"
	maxHeader = 4 << 10
	frameSize = 256 << 10 // of content, before it is sealed
	maxFrame  = frameSize + 64
	lastMark  = 1 << 31
	saltSize  = 32
)

// A chain is the checksum so far.
type chain [8]byte

func (c *chain) add(parts ...[]byte) [8]byte {
	sum := xxh3.New()
	_, _ = sum.Write(c[:])
	for _, part := range parts {
		_, _ = sum.Write(part)
	}
	binary.BigEndian.PutUint64(c[:], sum.Sum64())
	return *c
}

// A seal encrypts frames, one after the other.
type seal struct {
	aead    cipher.AEAD
	prelude []byte
	number  uint64
}

// newSeal returns nil where there is no key.
func newSeal(key []byte, h Header, prelude []byte) (*seal, error) {
	if !h.Encrypted {
		return nil, nil
	}
	drawn, err := hkdf.Key(sha256.New, key, h.Salt, "hookbridge backup", 32)
	if err != nil {
		return nil, fmt.Errorf("draw key of backup: %w", err)
	}
	block, err := aes.NewCipher(drawn)
	if err != nil {
		return nil, fmt.Errorf("draw key of backup: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return &seal{aead: aead, prelude: prelude}, err
}

func (s *seal) nonce(last bool) []byte {
	nonce := make([]byte, 12)
	if last {
		nonce[0] = 1
	}
	binary.BigEndian.PutUint64(nonce[4:], s.number)
	s.number++
	return nonce
}

func (s *seal) close(content []byte, last bool) []byte {
	if s == nil {
		return content
	}
	return s.aead.Seal(nil, s.nonce(last), content, s.prelude)
}

// open fails for a key that is not the one: the checksum was right.
func (s *seal) open(content []byte, last bool) ([]byte, error) {
	if s == nil {
		return content, nil
	}
	opened, err := s.aead.Open(content[:0], s.nonce(last), content, s.prelude)
	if err != nil {
		return nil, fmt.Errorf("%w: the backup is encrypted with another key", store.ErrKey)
	}
	return opened, nil
}
