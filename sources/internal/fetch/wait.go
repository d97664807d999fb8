package fetch

import (
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge/budget"
)

// asked returns how long a server that gave a good answer wants to be left alone by this source.
func asked(header http.Header, now time.Time) time.Duration {
	word := budget.Hear(header, now)
	return max(word.Wait, word.Interval)
}

// refusedFor returns how long a server that gave no good answer wants to be left alone.
func refusedFor(status int, header http.Header, now time.Time) time.Duration {
	word := budget.Hear(header, now)
	return max(word.Wait, word.Refused(status))
}
