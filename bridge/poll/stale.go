package poll

import (
	"context"
	"time"

	"github.com/hookbridge/hookbridge/bridge/health"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// expect tells of sources in which a change was expected and none was seen, once until the next one. It does
// not wait for their polls: they may fail, be held, or be a day apart.
func (l *Loop) expect(ctx context.Context) {
	now := time.Now()
	for _, s := range l.sources {
		if s.cancel == nil && s.overdue(now) {
			l.tellStale(ctx, s, now)
		}
	}
}

// overdue reports whether a change is, since the last one or the baseline, and nobody was told yet. A paused
// source is expected nothing of.
func (s *source) overdue(now time.Time) bool {
	m := &s.memory
	return s.Expect > 0 && !m.Stale && !m.Paused && !m.Baseline.IsZero() && now.Sub(lastChange(m)) > s.Expect
}

func lastChange(m *store.Memory) time.Time {
	if m.Changed.Before(m.Baseline) {
		return m.Baseline
	}
	return m.Changed
}

// tellStale marks the source in the commit that tells of it. Where that fails it is tried again soon.
func (l *Loop) tellStale(ctx context.Context, s *source, now time.Time) {
	r := newRun(l.Options, s.Settings, s.comparer, s.memory)
	r.observed, r.memory.Stale = now, true
	since := lastChange(&s.memory)
	reason := "no change within " + setting.FormatDuration(s.Expect)
	detail := map[string]any{"change_within": setting.FormatDuration(s.Expect), "items": s.memory.Items}
	commit := store.Commit{Source: s.Name, Memory: &r.memory, Append: r.health(health.SourceStale, reason, since, detail)}
	if err := r.save(ctx, commit); err != nil {
		l.Log.Warn("tell of a source without a change", "source", s.Name, "error", err)
		return
	}
	s.memory, s.dirty = r.memory, false
	l.Log.Warn("source is stale", "source", s.Name, "reason", reason, "since", since.UTC())
}
