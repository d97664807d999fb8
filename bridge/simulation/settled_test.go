package simulation

import (
	"testing"
	"time"
)

// P16: what went without a word while a first listing was read in parts, for half a day, is found out by the next one
// that is read without a break. The run of this seed once ended before that was due.
func TestADeleteWhileAListingIsReadInPartsIsFoundOutByTheNextWholeOne(t *testing.T) {
	s := large()
	s.most = 60 * 24 * time.Hour
	o := run(t, newPlan(20069, s), bent{})
	o.report(t)
	var inParts, unbroken time.Time
	for _, p := range o.polls {
		seen := p.sight()
		if p.source.mode != since || seen.partial || len(p.exchanges) == 0 || p.report == nil || p.report.Err != nil {
			continue
		}
		switch {
		case seen.part && p.began.After(o.calmed):
			inParts = p.began
		case !seen.part && !inParts.IsZero() && p.report.Deleted > 0:
			unbroken = p.began
		}
	}
	if inParts.IsZero() || unbroken.IsZero() {
		t.Errorf("a listing in parts ended at %s, and a whole one found a delete at %s", inParts, unbroken)
	}
}

// P2: that a listing is read where it is cut outlasts a poll that found it unchanged. The window of this seed was once
// called unchanged when its further pages were gone, so that a delete was missed.
func TestThatAListingWasCutIsKnownAfterItWasUnchanged(t *testing.T) {
	s := large()
	s.most = 60 * 24 * time.Hour
	run(t, newPlan(60266, s), bent{}).report(t)
}
