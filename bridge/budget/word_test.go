package budget_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// now is what both clocks show in these tests.
func now() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }

// header reads lines of the form "Name: value".
func header(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		h.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return h
}

// S4: what a server says of its limits is understood in all the ways in which servers say it.
func TestEveryDialectOfLimitsIsUnderstood(t *testing.T) {
	one := func(name string, left int, reset time.Duration) []budget.Limit {
		return []budget.Limit{{Header: name, Left: left, Reset: reset}}
	}
	of := func(all int, limits []budget.Limit) []budget.Limit {
		limits[0].Of = all
		return limits
	}
	for text, want := range map[string][]budget.Limit{
		// the drafts: three headers, a dictionary, a list of policies
		"RateLimit-Limit: 100\nRateLimit-Remaining: 7\nRateLimit-Reset: 50":               of(100, one("RateLimit", 7, 50*time.Second)),
		"RateLimit-Limit: 10, 10;w=1\nRateLimit-Remaining: 0\nRateLimit-Reset: 0":         of(10, one("RateLimit", 0, 0)),
		"RateLimit: limit=100, remaining=50, reset=5":                                     of(100, one("RateLimit", 50, 5*time.Second)),
		`RateLimit: "default";r=50;t=30`:                                                  {{Header: "RateLimit", Policy: "default", Left: 50, Reset: 30 * time.Second}},
		"RateLimit: default;r=0;t=30":                                                     {{Header: "RateLimit", Policy: "default", Left: 0, Reset: 30 * time.Second}},
		"RateLimit-Policy: \"day\";q=9;w=60, \"b\";q=1;w=5\nRateLimit: \"b\";r=1":         {{Header: "RateLimit", Policy: "b", Left: 1, Of: 1, Reset: 5 * time.Second}},
		"RateLimit: \"a\";r=1;t=2, \"b\";r=3;t=4;pk=:YQ==:":                               {{Header: "RateLimit", Policy: "a", Left: 1, Reset: 2 * time.Second}, {Header: "RateLimit", Policy: "b", Left: 3, Reset: 4 * time.Second}},
		"RateLimit: \"a\";r=1;t=2\nX-RateLimit-Remaining: 9\nX-RateLimit-Reset: 9":        {{Header: "RateLimit", Policy: "a", Left: 1, Reset: 2 * time.Second}},
		"RateLimit: \"a\";r=-5;t=2":                                                       {{Header: "RateLimit", Policy: "a", Left: 0, Reset: 2 * time.Second}},
		"X-RateLimit-Limit: 60\nX-RateLimit-Remaining: 56\nX-RateLimit-Reset: 1795420860": of(60, one("X-RateLimit", 56, time.Minute)),
		"X-RateLimit-Remaining: 56\nX-RateLimit-Reset: 1795420860500":                     one("X-RateLimit", 56, 60500*time.Millisecond),
		"X-RateLimit-Remaining: 56\nX-RateLimit-Reset: 1795420860.25":                     one("X-RateLimit", 56, 60250*time.Millisecond),
		"X-RateLimit-Remaining: 598.0\nX-RateLimit-Reset: 345":                            one("X-RateLimit", 598, 345*time.Second),
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset-After: 1.5":                          one("X-RateLimit", 0, 1500*time.Millisecond),
		"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: 2026-11-23T09:01:00+01:00":          one("X-RateLimit", 5, time.Minute),
		"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: Mon, 23 Nov 2026 08:01:00 GMT":      one("X-RateLimit", 5, time.Minute),
		"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: 2026-11-23T08:01Z":                  one("X-RateLimit", 5, 2*time.Minute), // or a second less
		"X-RateLimit-Remaining: 90, 3\nX-RateLimit-Reset: 60":                             one("X-RateLimit", 3, time.Minute),
		"X-Rate-Limit-Remaining: 1\nX-Rate-Limit-Reset: 1795420860":                       one("X-Rate-Limit", 1, time.Minute),
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 99999999":                           one("X-RateLimit", 0, 0), // long over
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 9999999":                            one("X-RateLimit", 0, retryafter.Longest),
		"X-RateLimit-Remaining: -1\nX-RateLimit-Limit: 60\nX-RateLimit-Reset: 60":         of(60, one("X-RateLimit", 0, time.Minute)),
		// the server's clock is half an hour behind ours
		"Date: Mon, 23 Nov 2026 07:30:00 GMT\nX-RateLimit-Remaining: 5\nX-RateLimit-Reset: 1795419060": one("X-RateLimit", 5, time.Minute),
		// and that copy lay in a cache
		"Age: 9\nDate: Mon, 23 Nov 2026 07:30:00 GMT\nX-RateLimit-Remaining: 5\nX-RateLimit-Reset: 1795420860": one("X-RateLimit", 5, time.Minute),
		// nothing that could be believed
		"": nil,
		"X-RateLimit-Limit: 60\nX-RateLimit-Remaining: 56":                               nil,
		"X-RateLimit-Limit: -1\nX-RateLimit-Remaining: -1\nX-RateLimit-Reset: 60":        nil,
		"X-RateLimit-Limit: 0\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 60":          nil,
		"X-RateLimit-Remaining: many\nX-RateLimit-Reset: 60":                             nil,
		"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: soon":                              nil,
		"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: 1e9":                               nil,
		"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: 179542086000000000":                nil,
		"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: 0":                                 nil,
		`RateLimit: "default";r=5;t=0`:                                                   nil,
		`RateLimit: "default";r=5`:                                                       nil,
		`RateLimit: "default`:                                                            nil,
		`RateLimit: ("a" "b");r=1;t=1`:                                                   nil,
		"RateLimit: limit=100, remaining=(1), reset=5":                                   nil,
		"RateLimit: \"a\";r=1;t=" + strings.Repeat("1", 5000):                            nil,
		"X-RateLimit-Remaining: " + strings.Repeat("1", 5000) + "\nX-RateLimit-Reset: 1": nil,
	} {
		if diff := cmp.Diff(want, budget.Hear(header(text), now()).Limits); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text[:min(len(text), 200)], diff)
		}
	}
}

// S4.
func TestARefusalNamesItsWaitInOneWayOrTheOther(t *testing.T) {
	used := "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 60"
	for _, test := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{429, "Retry-After: 7", 7 * time.Second},
		{503, "Retry-After: Mon, 23 Nov 2026 08:00:30 GMT", 30 * time.Second},
		{429, "Date: Mon, 23 Nov 2026 07:00:00 GMT\nRetry-After: Mon, 23 Nov 2026 07:00:30 GMT", 30 * time.Second},
		{429, used, 61 * time.Second},
		{403, used, 61 * time.Second},
		{403, "Retry-After: 9\n" + used, 9 * time.Second},
		{403, "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 60", 0},
		{503, used, 0},
		{429, "", 0},
		{500, "Retry-After: 7", 0},
		{200, "Retry-After: 7", 0},
	} {
		if got := budget.Hear(header(test.header), now()).Refused(test.status); got != test.want {
			t.Errorf("%d with %q: %s, want %s", test.status, test.header, got, test.want)
		}
	}
}

// S4.
func TestAPollIntervalAndAResourceAreRead(t *testing.T) {
	word := budget.Hear(header("X-Poll-Interval: 60\nX-RateLimit-Resource: search\nRetry-After: 5"), now())
	if diff := cmp.Diff(budget.Word{Wait: 5 * time.Second, Interval: time.Minute, Resource: "search"}, word); diff != "" {
		t.Error(diff)
	}
}

// H9: what is left, told for people.
func TestWhatIsLeftOfALimitIsToldInWords(t *testing.T) {
	for text, want := range map[string]string{
		"X-RateLimit-Limit: 60\nX-RateLimit-Remaining: 59\nX-RateLimit-Reset: 14400":             "X-RateLimit: 59 of 60 requests left until 12:00:00Z",
		"X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 86400":                                     "X-RateLimit: 0 requests left until 2026-11-24T08:00:00Z",
		"RateLimit-Policy: \"a\";q=9;w=60\nRateLimit: \"a\";r=1;t=2, b;r=3;t=4":                  "RateLimit \"a\": 1 of 9 requests left until 08:00:02Z; RateLimit \"b\": 3 requests left until 08:00:04Z",
		"RateLimit-Limit: 10;w=1, 20\nRateLimit-Remaining: 5\nRateLimit-Reset: 1\nAge: nonsense": "RateLimit: 5 of 10 requests left until 08:00:01Z",
		"Retry-After: 9": "",
	} {
		if got := budget.Hear(header(text), now()).Told(now()); got != want {
			t.Errorf("%q is told as %q, want %q", text, got, want)
		}
	}
}

// R6: the header RateLimit, and what it refers to.
func FuzzRateLimit(f *testing.F) {
	for _, seed := range []string{`"a";r=1;t=2`, "limit=1, remaining=2, reset=3", `"a";r=1, b;r=2.5;t=9`, `"`, "((("} {
		f.Add(seed, `"a";q=1;w=9`)
	}
	f.Fuzz(func(t *testing.T, limit, policy string) {
		sound(t, http.Header{"Ratelimit": {limit, limit}, "Ratelimit-Policy": {policy}})
	})
}

// R6: the headers that come as three.
func FuzzThreeHeaders(f *testing.F) {
	for _, seed := range []string{"1795420860", "60", "1.5", "2026-11-23T08:00:30Z", "Mon, 23 Nov 2026 08:00:30 GMT", "-1", "NaN", "9e9"} {
		f.Add("60", "5, 7", seed, "Mon, 23 Nov 2026 08:00:00 GMT", "X-Ratelimit")
	}
	f.Fuzz(func(t *testing.T, limit, left, reset, date, name string) {
		sound(t, http.Header{
			name + "-Limit": {limit}, name + "-Remaining": {left}, name + "-Reset": {reset}, "Date": {date},
		})
	})
}

// R6: what is a wait, and what the limits are for.
func FuzzWaits(f *testing.F) {
	f.Add("5", "60", "core")
	f.Add("Mon, 23 Nov 2026 08:00:30 GMT", "1.5", "\x00")
	f.Fuzz(func(t *testing.T, wait, interval, resource string) {
		sound(t, http.Header{"Retry-After": {wait}, "X-Poll-Interval": {interval}, "X-Ratelimit-Resource": {resource}})
	})
}

// sound checks that nothing that is heard is beyond the bounds.
func sound(t *testing.T, h http.Header) {
	word := budget.Hear(h, now())
	waits := []time.Duration{word.Wait, word.Interval}
	for _, limit := range word.Limits {
		waits = append(waits, limit.Reset)
		if limit.Left < 0 || limit.Left > 1<<40 || limit.Of < 0 || limit.Of > 1<<40 || len(limit.Policy) > 100 {
			t.Errorf("%v: limit %+v", h, limit)
		}
		if limit.Left > 0 && limit.Reset == 0 {
			t.Errorf("%v: %d left for no time", h, limit.Left)
		}
	}
	for _, wait := range waits {
		if wait < 0 || wait > retryafter.Longest {
			t.Errorf("%v: a wait of %s", h, wait)
		}
	}
	if len(word.Limits) > 8 || len(word.Resource) > 100 || word.Refused(429) > retryafter.Longest+time.Second {
		t.Errorf("%v: %+v", h, word)
	}
}
