package jitter_test

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/jitter"
)

func TestAWaitIsLongerOrShorterByUpToItsShare(t *testing.T) {
	for number, want := range map[float64]time.Duration{0: 8 * time.Second, 0.5: 10 * time.Second, 0.75: 11 * time.Second} {
		fixed := jitter.Source(func() float64 { return number })
		if got := fixed.Around(10*time.Second, 0.2); got != want {
			t.Errorf("%v: %s, want %s", number, got, want)
		}
	}
	if got := jitter.Source(nil).Around(time.Minute, 0); got != time.Minute {
		t.Errorf("without a share: %s", got)
	}
}

func TestTheNilSourceIsRandomAndStaysWithinItsBounds(t *testing.T) {
	var random jitter.Source
	seen := map[time.Duration]bool{}
	for range 100 {
		wait := random.UpTo(time.Hour)
		if wait < 0 || wait >= time.Hour {
			t.Fatalf("%s", wait)
		}
		seen[wait] = true
		if around := random.Around(time.Hour, 0.5); around < 30*time.Minute || around > 90*time.Minute {
			t.Fatalf("%s", around)
		}
	}
	if len(seen) < 90 {
		t.Errorf("%d different waits of 100", len(seen))
	}
}
