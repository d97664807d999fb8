package poll

import (
	"context"
	"errors"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// PlanLimit bounds the changes that a plan lists; its report counts them all.
const PlanLimit = 1000

// Plan is what a poll would do now.
type Plan struct {
	Report  Report
	Silent  bool // it would be the baseline, of which nothing is sent
	Changes []Planned
}

// Planned is one change, and the events that would leave for it.
type Planned struct {
	Change bridge.Change
	Key    string
	Events []store.Append
}

// Preview polls a source and says what the poll would change and send, over the state as it is. It writes
// nothing. The exchanges with the API go to trace, where that is not nil and the source tells them.
func Preview(ctx context.Context, o Options, s Settings, trace func(bridge.Exchange)) (Plan, error) {
	memory, err := o.Store.Memory(ctx, s.Name)
	if err != nil {
		return Plan{}, err
	}
	r := newRun(o, &s, document.NewComparer(s.Rules, o.Store.Seed()), memory)
	var plan Plan
	r.trace, r.plan = trace, &plan
	err = r.preview(ctx)
	r.report.Took = r.now().Sub(r.started)
	plan.Report = r.report
	return plan, err
}

// Rehearse is Preview whose poll is taken in: its changes are known from then on, and a poll that failed is counted.
// It is for a state that nobody delivers from.
func Rehearse(ctx context.Context, o Options, s Settings, trace func(bridge.Exchange)) (Plan, error) {
	memory, err := o.Store.Memory(ctx, s.Name)
	if err != nil {
		return Plan{}, err
	}
	r := newRun(o, &s, document.NewComparer(s.Rules, o.Store.Seed()), memory)
	plan := Plan{Silent: r.silent()}
	r.trace, r.plan = trace, &plan
	err = r.do(ctx)
	if r.close(ctx, err); err != nil { // which the commit of a good poll has written
		err = errors.Join(r.report.Err, o.Store.Remember(ctx, map[string]store.Memory{s.Name: r.memory}))
	}
	plan.Report = r.report
	return plan, err
}

// Plan is Preview for a source of a running loop: it waits for a poll under way, and none begins meanwhile.
// The settings may be newer than the loop's own.
func (l *Loop) Plan(ctx context.Context, s Settings, trace func(bridge.Exchange)) (plan Plan, err error) {
	asked := l.aside(ctx, s.Name, func(ctx context.Context) { plan, err = Preview(ctx, l.Options, s, trace) })
	if asked != nil {
		return Plan{}, asked
	}
	return plan, err
}

// preview does all that a poll does but write.
func (r *run) preview(ctx context.Context) error {
	defer r.stage.close()
	if r.report.Hold = r.holdRekeyed(); r.report.Hold != nil {
		return nil
	}
	outcome, err := r.list(ctx)
	if err != nil {
		return err
	}
	if outcome.Coverage == bridge.Skipped {
		r.report.Coverage = outcome.Coverage
		return nil
	}
	if err := r.absent(ctx, outcome); err != nil {
		return err
	}
	if r.report.Hold, err = r.guard(ctx); err != nil {
		return err
	}
	r.plan.Silent = r.silent()
	if err := r.lay(ctx); err != nil {
		return err
	}
	r.remember(outcome)
	return nil
}

// lay fills the plan with what was staged.
func (r *run) lay(ctx context.Context) error {
	for c, err := range r.stage.all() {
		if err != nil {
			return err
		}
		put, events, err := r.write(ctx, c)
		if err != nil {
			return err
		}
		r.tally(c, put.Key, events)
	}
	return nil
}
