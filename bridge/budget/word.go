package budget

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// A Word is what the header of an answer says about how much and when to ask. The zero Word says nothing.
type Word struct {
	Wait     time.Duration // Retry-After
	Interval time.Duration // X-Poll-Interval, of GitHub's events: between two polls of one resource
	Resource string        // X-RateLimit-Resource, of GitHub: what the limits are for
	Limits   []Limit
}

// A Limit is how much of a quota is left, and for how long that is all.
type Limit struct {
	Header string // that said it
	Policy string // the server's name of the quota, where it has several
	Left   int    // requests
	Of     int    // that there were to begin with; 0: it is not told
	Reset  time.Duration
}

// Told says for people what a server that answered now said of its limits; it is empty where that was nothing.
func (w Word) Told(now time.Time) string {
	texts := make([]string, 0, len(w.Limits))
	for _, limit := range w.Limits {
		texts = append(texts, limit.told(now))
	}
	return strings.Join(texts, "; ")
}

func (l Limit) told(now time.Time) string {
	name, of, until := l.Header, "", now.Add(l.Reset).UTC()
	if l.Policy != "" {
		name += " " + strconv.Quote(l.Policy)
	}
	if l.Of > 0 {
		of = fmt.Sprintf(" of %d", l.Of)
	}
	layout := "15:04:05Z"
	if l.Reset >= 24*time.Hour {
		layout = time.RFC3339
	}
	return fmt.Sprintf("%s: %d%s requests left until %s", name, l.Left, of, until.Format(layout))
}

// Bounds of what is read and remembered. A server may ask for no longer than [retryafter.Longest].
const (
	longestField = 4 << 10 // bytes
	longestName  = 100     // bytes
	mostLimits   = 8
	mostLeft     = 1 << 40
)

// Hear reads the header of an answer that arrived now. What cannot be read is taken for not said.
func Hear(header http.Header, now time.Time) Word {
	there := serverTime(header, now)
	word := Word{Resource: field(header, "X-Ratelimit-Resource", longestName)}
	word.Wait, _ = retryafter.Parse(field(header, "Retry-After", longestField), there)
	word.Interval, _ = retryafter.Parse(field(header, "X-Poll-Interval", longestField), there)
	word.Limits = structured(header)
	if len(word.Limits) == 0 {
		word.Limits = triples(header, there)
	}
	return word
}

// Refused returns how long to leave a server alone that refused with this status: as long as it says, or
// until what is used up comes back. It is 0 where the status is no refusal, or nothing is said.
func (w Word) Refused(status int) time.Duration {
	if !refusal(status) {
		return 0
	}
	if w.Wait > 0 {
		return w.Wait
	}
	wait := time.Duration(0)
	for _, limit := range w.Limits {
		if limit.Left == 0 && status != http.StatusServiceUnavailable {
			wait = max(wait, limit.Reset+grain)
		}
	}
	return wait
}

// refusal reports whether a status may mean that the server has had enough. GitHub says so with 403.
func refusal(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable ||
		status == http.StatusForbidden
}

// serverTime is what the server's clock shows, so that an instant in its answer is a wait whatever our own
// clock shows. A copy out of a cache has an old date.
func serverTime(header http.Header, now time.Time) time.Time {
	there, err := http.ParseTime(header.Get("Date"))
	if err != nil || header.Get("Age") != "" {
		return now
	}
	return there
}

// field is the first value of a header, and empty where it is longer than what is believed.
func field(header http.Header, name string, most int) string {
	text := strings.TrimSpace(header.Get(name))
	if len(text) > most {
		return ""
	}
	return text
}
