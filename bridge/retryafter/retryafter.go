// Package retryafter reads how long the other side of an HTTP exchange wants to be left alone.
package retryafter

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Longest caps what a server may ask for, so that a slip of its clock silences nobody for good: a longer wait,
// and one too large to be a number, counts as this.
const Longest = 24 * time.Hour

// Parse reads the header Retry-After (RFC 9110, section 10.2.3): seconds, of which fractions are taken as
// well, or an HTTP-date. The wait is from 0, for what is past, to [Longest]; ok is false for what is neither.
func Parse(text string, now time.Time) (wait time.Duration, ok bool) {
	text = strings.TrimSpace(text)
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), Longest), true
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if wrong, is := errors.AsType[*strconv.NumError](err); is && wrong.Err == strconv.ErrSyntax {
		return 0, false
	}
	seconds = min(max(seconds, 0), Longest.Seconds())
	return time.Duration(seconds * float64(time.Second)), true
}
