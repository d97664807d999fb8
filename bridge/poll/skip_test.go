package poll

import (
	"errors"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// H4 and P9: a poll that the source gave up sends nothing, is no baseline, and leaves the cursor where it was.
func TestASkippedPollKeepsNothingOfWhatItYielded(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":8}`, `{"id":9}`).coverage = bridge.Skipped
		w.up.cursor = "of a skipped poll"
		if report := w.good(); report.Baseline || report.Coverage != bridge.Skipped {
			t.Errorf("report %+v", report)
		}
		w.up.set(`{"id":1}`, `{"id":2}`).coverage = bridge.Complete
		w.up.cursor = "good"
		if report := w.good(); !report.Baseline {
			t.Error("the first good poll is no baseline")
		}
		w.wants()
		w.up.set(`{"id":1,"changed":true}`, `{"id":3}`).coverage = bridge.Skipped
		w.up.cursor = "of a skipped poll"
		w.good()
		w.up.set(`{"id":1}`, `{"id":2}`).coverage = bridge.Complete
		w.good()
		w.wants()
		if since := w.up.since; since[1] != "" || since[2] != "good" || since[3] != "good" {
			t.Errorf("cursors %q", since)
		}
	})
}

// H4 and P21: a skipped poll is no failure, and ends a streak of them. What the server asked for holds.
func TestASkippedPollIsNoFailure(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.good()
		w.up.fail = errors.New("down")
		for range 3 {
			w.poll()
		}
		w.up.fail, w.up.coverage, w.up.wait = nil, bridge.Skipped, time.Hour
		w.good()
		if got := w.health(); len(got) != 2 || got[1] != "source.recovered" {
			t.Errorf("health %q", got)
		}
	})
}
