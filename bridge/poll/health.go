package poll

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/health"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// failingAfter is how many polls in a row must fail before source.failing says so.
const failingAfter = 3

// health returns an event about the source itself for the sinks that asked, nothing where none did.
func (r *run) health(kind, reason string, since time.Time, detail map[string]any) []store.Append {
	news := health.News{Type: kind, Source: r.Name, Reason: reason, Since: since, Detail: detail}
	return news.Append(r.store, r.observed, r.Health)
}

// fail records a poll that failed. Nothing else of it is kept. The third failure in a row is an event.
func (r *run) fail(ctx context.Context, cause error) {
	r.memory = r.was
	m := &r.memory
	if bridge.IsPutOff(cause) {
		m.NotBefore = r.now().Add(bridge.Wait(cause))
		return
	}
	if m.Failures == 0 {
		m.Failing = r.started
	}
	m.Failures++
	m.Reason = strings.ToValidUTF8(cause.Error(), "\uFFFD")
	r.observed = r.now()
	if wait := bridge.Wait(cause); wait > 0 {
		m.NotBefore = r.observed.Add(wait)
	}
	if m.Failures != failingAfter {
		return
	}
	events := r.health(health.SourceFailing, m.Reason, m.Failing, map[string]any{"failures": m.Failures})
	if err := r.save(ctx, store.Commit{Source: r.Name, Memory: m, Append: events}); err != nil {
		m.Failures-- // the next failure tries to say so again
	}
}

// recovered returns what there is to tell of a poll that went well after several that failed.
func (r *run) recovered() []store.Append {
	if r.was.Failures < failingAfter {
		return nil
	}
	return r.health(health.SourceRecovered, "polls succeed again", r.was.Failing, nil)
}

// tell logs a poll: each streak of failures once, its end once, a hold once, and the rest for who debugs.
func (r *run) tell(log *slog.Logger) {
	log = log.With("source", r.Name)
	switch report := r.report; {
	case bridge.IsPutOff(report.Err):
		log.Debug("poll put off", "reason", report.Err)
	case report.Err != nil && r.was.Failures == 0:
		log.Warn("poll failed", append([]any{"error", report.Err}, stackOf(report.Err)...)...)
	case report.Err != nil:
		log.Debug("poll failed again", "error", report.Err, "failures", r.memory.Failures)
	case report.Hold != nil && r.was.Hold == nil:
		log.Warn("source is held", "reason", report.Hold.Reason, "ends_with", wayOut(report.Hold, r.Name))
	case report.Baseline:
		log.Info("baseline taken", "items", report.Items, "events", report.Events)
	case r.was.Failures > 0:
		log.Info("polls succeed again", "after_failures", r.was.Failures)
	case r.was.Hold != nil && report.Hold == nil:
		log.Info("hold ended", "events", report.Events)
	default:
		log.Debug("polled", "coverage", report.Coverage, "seen", report.Seen, "events", report.Events)
	}
}
