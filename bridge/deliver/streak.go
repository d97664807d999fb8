package deliver

import (
	"log/slog"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// quiet is the least time between two warnings of one sink: a receiver that fails now and then does not
// fill the log.
const quiet = time.Minute

// A streak is a run of failures of one sink. Its first is logged, and its end; each burial is, and single
// attempts are for debugging only.
type streak struct {
	log    *slog.Logger
	count  int
	since  time.Time
	warned time.Time // when the last warning was written
	told   bool      // this streak's was
	reason string    // of the last failure; "" while there is none
}

func (s *streak) note(o outcome, decided []store.Settlement) {
	for _, d := range decided {
		s.log.Debug("attempt", "event", d.Delivery.Event.ID, "number", d.Delivery.Attempts+1,
			"outcome", nameOf(d), "class", o.attempt.Class, "took", o.attempt.Duration)
		if d.State == store.Buried {
			s.log.Error("delivery buried", "event", d.Delivery.Event.ID, "reason", d.Reason)
		}
	}
	if o.err == nil {
		s.recover()
		return
	}
	s.fail(o)
}

func (s *streak) fail(o outcome) {
	now := time.Now()
	s.reason = o.attempt.Error
	if s.count++; s.count == 1 {
		s.since = now
	}
	if s.told || !s.warned.IsZero() && now.Sub(s.warned) < quiet {
		return
	}
	s.told, s.warned = true, now
	s.log.Warn("sink fails", "event", o.items[0].Event.ID, "class", o.attempt.Class, "error", o.attempt.Error)
}

func (s *streak) recover() {
	if s.told {
		s.log.Info("sink recovered", "failures", s.count, "since", s.since)
	}
	s.count, s.told, s.reason = 0, false, ""
}
