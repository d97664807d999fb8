package fetch

import (
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// asked returns how long a server wants to be left alone: by Retry-After, or by the X-Poll-Interval of
// GitHub's events API, in seconds.
func asked(header http.Header, now time.Time) time.Duration {
	interval, _ := retryafter.Parse(header.Get("X-Poll-Interval"), now)
	return max(retryAfter(header, now), interval)
}

func retryAfter(header http.Header, now time.Time) time.Duration {
	wait, _ := retryafter.Parse(header.Get("Retry-After"), now)
	return wait
}
