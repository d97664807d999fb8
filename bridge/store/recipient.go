package store

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// Recipient is a sink, and the order in which it wants its deliveries.
type Recipient struct {
	Sink  string
	Order Order
}

// Target is the recipient's part in a delivery of an event about an item, or about a source or sink as a whole
// where key is empty. Seed is the state's.
func (r Recipient) Target(seed uint64, source, key string) Target {
	return Target{Sink: r.Sink, Order: r.Order.Hash(seed, source, key)}
}

// EventID derives an event's id from what makes it this event and no other. The state's epoch is part of it,
// so that a state restored from a backup never gives the id of one thing to another.
func EventID(epoch string, parts ...string) string {
	hash := sha256.New()
	for _, part := range append([]string{epoch}, parts...) {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write([]byte(part))
	}
	short := hash.Sum(nil)[:16]
	return "evt_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(short))
}
