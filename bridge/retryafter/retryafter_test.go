package retryafter_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/retryafter"
)

// D4, S4.
func TestRetryAfterIsReadInEveryFormThatServersUse(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "1.5": 1500 * time.Millisecond, "-3": 0,
		"86400": 24 * time.Hour, "86401": 24 * time.Hour, "99999999999999999999999999": 24 * time.Hour,
		now.Add(time.Minute).Format(http.TimeFormat):   time.Minute,
		now.Add(-time.Minute).Format(http.TimeFormat):  0,
		now.AddDate(400, 0, 0).Format(http.TimeFormat): 24 * time.Hour,
		"Monday, 23-Nov-26 08:02:00 GMT":               2 * time.Minute,
		"Mon Nov 23 08:03:00 2026":                     3 * time.Minute,
		"9000000000000.9":                              24 * time.Hour,
		"Mon, 23 Nov 2026 08:00:30 GMT":                30 * time.Second,
	} {
		if got, ok := retryafter.Parse(text, now); !ok || got != want {
			t.Errorf("%q is %s, %v, not %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "soon", "1 minute", "NaN", "Inf", "-Inf", "1e300", "2026-11-23T08:00:30Z", "0x10", "1e3", "1_000", "--1", "1.2.3", ".", "+5", "-"} {
		if got, ok := retryafter.Parse(text, now); ok {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

// R6: no text makes a wait that is negative or longer than the cap.
func FuzzRetryAfterIsNeverNegativeNorBeyondItsCap(f *testing.F) {
	for _, seed := range []string{"7", "1.5", "-3", "99999999999999999999", "Mon, 23 Nov 2026 08:00:00 GMT", "NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if wait, ok := retryafter.Parse(text, time.Now()); wait < 0 || wait > retryafter.Longest || !ok && wait != 0 {
			t.Errorf("%q is %s, %v", text, wait, ok)
		}
	})
}
