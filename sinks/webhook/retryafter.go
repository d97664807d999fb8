package webhook

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// longestRetryAfter caps what a receiver may ask for: a longer wait, and one too large to be a number,
// counts as this.
const longestRetryAfter = 24 * time.Hour

// throttle adds to an error what the receiver asked for, if that can be read.
func throttle(err error, retryAfter string) error {
	wait, ok := parseRetryAfter(retryAfter, time.Now())
	if !ok {
		return err
	}
	return bridge.RetryAfter(err, wait)
}

// parseRetryAfter reads the header of RFC 9110, section 10.2.3: seconds, of which fractions are taken as
// well, or an HTTP-date. The wait is from 0 to 24 hours.
func parseRetryAfter(text string, now time.Time) (wait time.Duration, ok bool) {
	text = strings.TrimSpace(text)
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), longestRetryAfter), true
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if numError, is := errors.AsType[*strconv.NumError](err); is && numError.Err == strconv.ErrSyntax {
		return 0, false
	}
	seconds = min(max(seconds, 0), longestRetryAfter.Seconds())
	return time.Duration(seconds * float64(time.Second)), true
}
