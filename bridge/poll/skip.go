package poll

import (
	"context"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// skip ends a poll that the source gave up without failing: nothing of it is kept but that it was. What was
// yielded is dropped with the stage, and neither a baseline nor a hold comes of it or ends.
func (r *run) skip(ctx context.Context, outcome bridge.Outcome) error {
	r.report.Coverage, r.report.Hold = outcome.Coverage, r.was.Hold
	m := &r.memory
	m.Polled, m.NotBefore = r.started, time.Time{}
	if outcome.NotBefore > 0 {
		m.NotBefore = r.observed.Add(outcome.NotBefore)
	}
	m.Failures, m.Failing, m.Reason = 0, time.Time{}, ""
	last := chunk{source: r.Name}
	return r.last(ctx, last.take())
}
