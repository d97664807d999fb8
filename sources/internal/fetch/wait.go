package fetch

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestWait bounds what a server may ask for, so that a slip of its clock does not silence a source.
const longestWait = 24 * time.Hour

// asked returns how long a server wants to be left alone: by Retry-After, or by the X-Poll-Interval of
// GitHub's events API, in seconds.
func asked(header http.Header, now time.Time) time.Duration {
	return max(retryAfter(header, now), ParseWait(header.Get("X-Poll-Interval"), now))
}

func retryAfter(header http.Header, now time.Time) time.Duration {
	return ParseWait(header.Get("Retry-After"), now)
}

// ParseWait reads a Retry-After (RFC 9110, section 10.2.3): seconds, with a fraction where a server is so
// precise, or a date. What it cannot read, and what is past, is no wait; a day is the longest.
func ParseWait(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return fromSeconds(seconds)
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), longestWait)
}

func fromSeconds(seconds float64) time.Duration {
	switch {
	case math.IsNaN(seconds) || seconds <= 0:
		return 0
	case seconds >= longestWait.Seconds():
		return longestWait
	}
	return time.Duration(seconds * float64(time.Second))
}
