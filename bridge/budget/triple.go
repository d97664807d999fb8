package budget

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// triples reads the headers that come as three, …-Limit, …-Remaining and …-Reset: those of the drafts up to
// draft-ietf-httpapi-ratelimit-headers-06, and the older ones under an X, in their spellings.
func triples(header http.Header, there time.Time) []Limit {
	for _, name := range []string{"Ratelimit", "X-Ratelimit", "X-Rate-Limit"} {
		left, ok := least(field(header, name+"-Remaining", longestField))
		if !ok || unlimited(field(header, name+"-Limit", longestField)) {
			continue
		}
		reset, ok := resetOf(field(header, name+"-Reset", longestField), there)
		if !ok {
			reset, ok = resetOf(field(header, name+"-Reset-After", longestField), there)
		}
		if ok && (left == 0 || reset > 0) {
			return []Limit{{Header: spelled(name), Left: left, Of: first(field(header, name+"-Limit", longestField)), Reset: reset}}
		}
	}
	return nil
}

// spelled is the name as people write it.
func spelled(name string) string { return strings.Replace(name, "Ratelimit", "RateLimit", 1) }

// least reads how many requests are left; of several numbers the smallest counts.
func least(text string) (int, bool) {
	found, least := false, 0
	for part := range strings.SplitSeq(text, ",") {
		left, ok := count(part)
		if !ok {
			return 0, false
		}
		if !found || left < least {
			found, least = true, left
		}
	}
	return least, found
}

// count reads a number of requests: whole, or broken, which some servers count in. One below 0 is 0.
func count(text string) (int, bool) {
	value, ok := decimal(text)
	if !ok {
		return 0, false
	}
	return int(min(max(math.Floor(value), 0), mostLeft)), true
}

// first reads the first of the numbers in a limit, which is the one in force (draft-ietf-httpapi-ratelimit-headers-06,
// section 3); 0 where there is none.
func first(text string) int {
	text, _, _ = strings.Cut(text, ",")
	text, _, _ = strings.Cut(text, ";")
	of, _ := count(text)
	return of
}

// unlimited reports whether a limit is one by name only.
func unlimited(text string) bool {
	value, ok := decimal(text)
	return ok && value <= 0
}

// Numbers in a reset tell what they are by their size: a year of seconds is more than any window, and an
// instant in seconds is less than one in milliseconds for the next thousand years.
const (
	mostSecondsToGo = 366 * 24 * 60 * 60
	mostUnixSeconds = 1e11
	mostUnixMillis  = 1e14
)

// resetOf reads when a window is over: seconds to go, an instant in seconds or milliseconds since 1970, an
// HTTP date, or RFC 3339, to the minute at least. What is over is 0, and nothing is longer than [retryafter.Longest].
func resetOf(text string, there time.Time) (time.Duration, bool) {
	number, ok := decimal(text)
	switch {
	case ok && number <= mostSecondsToGo:
		return bounded(number), true
	case ok && number <= mostUnixSeconds:
		return bounded(number - seconds(there)), true
	case ok && number <= mostUnixMillis:
		return bounded(number/1e3 - seconds(there)), true
	case ok:
		return 0, false
	}
	at, ok := instant(text)
	return bounded(seconds(at) - seconds(there)), ok
}

// instant reads an HTTP date, RFC 3339, or what Jira makes of that: without the seconds, which were cut off.
func instant(text string) (time.Time, bool) {
	if at, err := http.ParseTime(text); err == nil {
		return at, true
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, true
	}
	at, err := time.Parse("2006-01-02T15:04Z07:00", text)
	return at.Add(time.Minute), err == nil
}

func seconds(at time.Time) float64 { return float64(at.Unix()) + float64(at.Nanosecond())/1e9 }

// bounded makes a wait of seconds.
func bounded(seconds float64) time.Duration {
	milliseconds := math.Ceil(min(max(seconds, 0), retryafter.Longest.Seconds()) * 1e3)
	return time.Duration(milliseconds) * time.Millisecond
}

// decimal reads a number in plain decimal notation.
func decimal(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789.-") != "" {
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil
}
