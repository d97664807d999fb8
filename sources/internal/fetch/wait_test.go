package fetch_test

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// S4: seconds or a date; a bound on what is absurd.
func TestRetryAfterIsReadInEveryForm(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"120":                            2 * time.Minute,
		" 120 ":                          2 * time.Minute,
		"1.5":                            1500 * time.Millisecond,
		"-1":                             0,
		"soon":                           0,
		"NaN":                            0,
		"-Inf":                           0,
		"Inf":                            day,
		"1e300":                          day,
		"99999999999999999999":           day,
		"86401":                          day,
		"Mon, 23 Nov 2026 08:00:30 GMT":  30 * time.Second,
		"Monday, 23-Nov-26 08:00:30 GMT": 30 * time.Second,
		"Mon Nov 23 08:00:30 2026":       30 * time.Second,
		"Mon, 23 Nov 2026 07:59:00 GMT":  0,
		"Mon, 23 Nov 2099 08:00:00 GMT":  day,
		"2026-11-23T08:00:30Z":           0,
	} {
		if got := fetch.ParseWait(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// R6: no text makes a wait that is negative or longer than the bound.
func FuzzParseWait(f *testing.F) {
	for _, seed := range []string{"120", "1.5", "-1", "1e309", "0x1p10", "Mon, 23 Nov 2026 08:00:30 GMT", "NaN"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if wait := fetch.ParseWait(text, now); wait < 0 || wait > 24*time.Hour {
			t.Errorf("%q: %s", text, wait)
		}
	})
}
