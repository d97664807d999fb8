package signature

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// HeaderStripe is the header of Stripe's webhooks (https://docs.stripe.com/webhooks, "Verify manually").
const HeaderStripe = "Stripe-Signature"

// Stripe signs as Stripe does, with each of its keys: "t=", the time, and for each key ",v1=" and the
// hexadecimal HMAC-SHA256 of time and body. The keys are from [ParseText]: the secret as it is given.
type Stripe []Key

// Scheme returns "stripe".
func (Stripe) Scheme() string { return "stripe" }

// Sets returns the one header.
func (Stripe) Sets() []string { return []string{HeaderStripe} }

// Sign sets the header.
func (s Stripe) Sign(m Message) {
	timestamp := Timestamp(m.Time)
	signed := stripeBase(timestamp, m.Body)
	var line strings.Builder
	line.WriteString("t=" + timestamp)
	for _, key := range s {
		line.WriteString(",v1=" + hex.EncodeToString(key.mac(signed)))
	}
	m.Header.Set(HeaderStripe, line.String())
}

// Verify accepts a signature by any of the keys, and passes over those of other versions.
func (s Stripe) Verify(m Message, now time.Time) error {
	timestamp, given := readStripe(m.Header.Values(HeaderStripe))
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || len(given) == 0 {
		return fmt.Errorf("verify %s: %w", HeaderStripe, ErrUnsigned)
	}
	if err := fresh(seconds, now); err != nil {
		return fmt.Errorf("verify %s: %w", HeaderStripe, err)
	}
	signed := stripeBase(timestamp, m.Body)
	for _, key := range s {
		if matches(hex.EncodeToString(key.mac(signed)), given) {
			return nil
		}
	}
	return fmt.Errorf("verify %s: %w", HeaderStripe, ErrSignature)
}

// readStripe takes the header apart. One with two times is none.
func readStripe(lines []string) (timestamp string, signatures []string) {
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); {
		case name == "v1":
			signatures = append(signatures, value)
		case name == "t" && timestamp != "":
			return "", nil
		case name == "t":
			timestamp = value
		}
	}
	return timestamp, signatures
}

func stripeBase(timestamp string, body []byte) []byte {
	return append(append(make([]byte, 0, len(timestamp)+len(body)+1), timestamp+"."...), body...)
}
