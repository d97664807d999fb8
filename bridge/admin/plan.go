package admin

import (
	"errors"
	"net/http"

	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// planPayloads bounds the payloads of a plan, in bytes, all together.
const planPayloads = 16 << 20

// plan answers with what a poll would do.
func (a *api) plan(r *http.Request, _ nothing) (any, error) {
	var trace Trace
	plan, err := a.bridge.Plan(r.Context(), r.PathValue("source"), trace.Add)
	if cause := r.Context().Err(); cause != nil {
		return nil, cause
	}
	return PlanOf(plan, &trace, err)
}

// PlanOf writes a plan, and the exchanges that its poll made, as the API answers with it. The error with which
// the plan came is told in its report where a poll was tried and failed, and returned otherwise.
func PlanOf(p poll.Plan, trace *Trace, cause error) (Plan, error) {
	if cause != nil && stops(cause, p.Report) {
		return Plan{}, cause
	}
	plan := Plan{
		Report: reportOf(p.Report, cause), Silent: p.Silent, Changes: []PlannedChange{},
		Exchanges: trace.exchanges(),
	}
	if cause == nil {
		plan.Changes = changesOf(p)
		plan.Omitted = p.Report.Created + p.Report.Updated + p.Report.Deleted - len(p.Changes)
	}
	return plan, nil
}

// stops reports whether an error says that nothing was polled at all, rather than that a poll failed.
func stops(err error, r poll.Report) bool {
	return r.Source == "" || errors.Is(err, poll.ErrUnknown) || errors.Is(err, poll.ErrStopped)
}

func changesOf(p poll.Plan) []PlannedChange {
	room := planPayloads
	all := make([]PlannedChange, 0, len(p.Changes))
	for _, c := range p.Changes {
		change := PlannedChange{Change: c.Change.String(), Key: c.Key, Events: []PlannedEvent{}}
		for _, out := range c.Events {
			event := plannedOf(out, room)
			room -= len(event.Payload)
			change.Events = append(change.Events, event)
		}
		all = append(all, change)
	}
	return all
}

// plannedOf leaves the payload out where there is no room for it.
func plannedOf(out store.Append, room int) PlannedEvent {
	e := out.Event
	event := PlannedEvent{ID: e.ID, Type: e.Type, Sinks: []string{}, Bury: out.Bury}
	for _, target := range out.To {
		event.Sinks = append(event.Sinks, target.Sink)
	}
	if event.Large = len(e.Before)+len(e.After)+len(e.Data) > room; !event.Large {
		event.Payload = envelope.Standard(e)
	}
	return event
}
