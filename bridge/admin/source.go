package admin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

func (a *api) sources(r *http.Request) (any, error) {
	known, err := a.bridge.Sources(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	all := make([]Source, 0, len(known))
	for _, s := range known {
		all = append(all, sourceOf(s))
	}
	return all, nil
}

func (a *api) source(r *http.Request) (any, error) {
	return a.one(r.Context(), r.PathValue("source"))
}

func (a *api) one(ctx context.Context, name string) (Source, error) {
	known, err := a.bridge.Sources(ctx)
	if err != nil {
		return Source{}, fmt.Errorf("list sources: %w", err)
	}
	for _, s := range known {
		if s.Name == name {
			return sourceOf(s), nil
		}
	}
	return Source{}, fmt.Errorf("%w: %q", poll.ErrUnknown, name)
}

func (a *api) poll(r *http.Request, how PollRequest) (any, error) {
	var trace Trace
	var told func(bridge.Exchange)
	if how.Trace {
		told = trace.Add
	}
	polled, err := a.bridge.Poll(r.Context(), r.PathValue("source"), told)
	if err != nil {
		return nil, err
	}
	report := reportOf(polled, polled.Err)
	if how.Trace {
		report.Exchanges = trace.exchanges()
	}
	return report, nil
}

func (a *api) pause(r *http.Request, _ nothing) (any, error) { return a.change(r, a.bridge.Pause) }

func (a *api) resume(r *http.Request, _ nothing) (any, error) { return a.change(r, a.bridge.Resume) }

func (a *api) reset(r *http.Request, _ nothing) (any, error) { return a.change(r, a.bridge.Reset) }

func (a *api) rebaseline(r *http.Request, _ nothing) (any, error) {
	return a.change(r, a.bridge.Rebaseline)
}

// release lets only what is held pass: a source that is not must not lose the guard of its next poll, and one
// whose known keys are of no use would not be let pass by it.
func (a *api) release(r *http.Request, _ nothing) (any, error) {
	s, err := a.one(r.Context(), r.PathValue("source"))
	if err != nil {
		return nil, err
	}
	if s.Hold == nil {
		return nil, &Error{http.StatusConflict, fmt.Sprintf("source %q is not held", s.Name)}
	}
	if s.Hold.Rebaseline {
		return nil, &Error{http.StatusConflict, fmt.Sprintf("source %q takes a new baseline: %s", s.Name, s.Hold.Reason)}
	}
	return a.change(r, a.bridge.Release)
}

// change returns the source as it is afterwards.
func (a *api) change(r *http.Request, do func(context.Context, string) error) (any, error) {
	name := r.PathValue("source")
	if err := do(r.Context(), name); err != nil {
		return nil, err
	}
	return a.one(r.Context(), name)
}

func sourceOf(s poll.Status) Source { return blocked(knownOf(s), s.Blocked) }

func knownOf(s poll.Status) Source {
	m := s.Memory
	return Source{
		Name: s.Name, Kind: s.Kind, State: stateOf(m), Every: everyOf(s), Due: s.Due.UTC(),
		Polling: s.Polling, Items: m.Items, Baseline: m.Baseline.UTC(),
		Polled: m.Polled.UTC(), Changed: m.Changed.UTC(),
		NotBefore: m.NotBefore.UTC(), Failures: m.Failures, FailingSince: m.Failing.UTC(), Reason: m.Reason,
		Hold: holdOf(m.Hold), Released: m.Released, Paused: m.Paused,
		Rebaseline: m.Rebaseline, Pending: m.Pending, Stale: m.Stale,
	}
}

func everyOf(s poll.Status) string {
	if s.Cron != "" {
		return s.Cron
	}
	return setting.FormatDuration(s.Every)
}

func stateOf(m store.Memory) string {
	switch {
	case m.Paused:
		return StatePaused
	case m.Hold != nil:
		return StateHeld
	case m.Failures > 0:
		return StateFailing
	case m.Polled.IsZero():
		return StateNew
	}
	return StateOK
}

func holdOf(h *store.Hold) *Hold {
	if h == nil {
		return nil
	}
	return &Hold{
		Since: h.Since.UTC(), Reason: h.Reason, Deletes: h.Deletes, Events: h.Events, Known: h.Known,
		Rebaseline: h.Rebaseline,
	}
}

func reportOf(r poll.Report, cause error) Report {
	report := Report{
		Source: r.Source, Started: r.Started.UTC(), Took: spanOf(r.Took), More: r.More, Seen: r.Seen,
		Duplicates: r.Duplicates, Created: r.Created, Updated: r.Updated, Deleted: r.Deleted,
		Forgotten: r.Forgotten, Events: r.Events, Items: r.Items, Baseline: r.Baseline, Hold: holdOf(r.Hold),
	}
	if cause != nil {
		report.Error = cause.Error()
	} else {
		report.Coverage = r.Coverage.String()
	}
	return report
}
