package signature

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Tolerance is how far a timestamp may lie from the receiver's clock, in either direction. The
// specification leaves it to the receiver; five minutes is what the known libraries take.
const Tolerance = 5 * time.Minute

// Why a request is refused.
var (
	ErrUnsigned  = errors.New("a webhook header is missing or malformed")
	ErrStale     = errors.New("the timestamp is too far from now")
	ErrSignature = errors.New("no signature matches")
)

// Verify tells whether one of the keys signed the body under the request's headers, near now. It compares
// in constant time, passes over signatures of versions that it does not know, and wraps ErrUnsigned,
// ErrStale or ErrSignature.
func Verify(header http.Header, body []byte, now time.Time, keys ...Key) error {
	id, timestamp := header.Get(HeaderID), header.Get(HeaderTimestamp)
	given := strings.Fields(strings.Join(header.Values(HeaderSignature), " "))
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil || len(given) == 0 {
		return fmt.Errorf("verify webhook: %w", ErrUnsigned)
	}
	if off := now.Sub(time.Unix(seconds, 0)).Abs(); off > Tolerance {
		return fmt.Errorf("verify webhook %q: %w: %s off", id, ErrStale, off.Round(time.Second))
	}
	for _, key := range keys {
		if matches(key.sign(id, timestamp, body), given) {
			return nil
		}
	}
	return fmt.Errorf("verify webhook %q: %w", id, ErrSignature)
}

func matches(expected string, given []string) bool {
	found := 0
	for _, signature := range given {
		found |= subtle.ConstantTimeCompare([]byte(signature), []byte(expected))
	}
	return found == 1
}
