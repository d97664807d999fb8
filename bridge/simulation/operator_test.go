package simulation

import (
	"context"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// An operator does what the plan says, and looks after what stands still.
type operator struct {
	*life
	cared time.Time // when it was last looked after things
	tidy  time.Time
}

// works until the life ends.
func (o *operator) works() {
	o.cared, o.tidy = o.began, o.began
	died := time.NewTimer(o.death.after)
	defer died.Stop()
	for !o.over {
		timer := time.NewTimer(time.Until(o.wakes()))
		select {
		case <-o.gate.died:
			timer.Stop()
			return
		case <-died.C:
			if o.dying() {
				return
			}
		case <-timer.C:
			o.turn()
		}
		timer.Stop()
	}
}

// dying begins the end of the life, which is now where it is no matter of a point.
func (o *operator) dying() (now bool) {
	switch {
	case o.calm():
		return false
	case o.death.point == "":
		return true
	case o.death.point == "time":
		o.gate.kill("time")
		return true
	}
	o.gate.arm(o.death.point, o.death.times)
	return false
}

// wakes is when there is something to do.
func (o *operator) wakes() time.Time {
	at := o.tidy.Add(o.plan.scale.hour)
	if o.next < len(o.plan.deeds) && o.plan.deeds[o.next].at.Before(at) {
		at = o.plan.deeds[o.next].at
	}
	if end := o.plan.end(); !o.calm() && end.Before(at) {
		at = end
	}
	return at
}

// turn does what is due.
func (o *operator) turn() {
	for o.next < len(o.plan.deeds) && !o.plan.deeds[o.next].at.After(time.Now()) {
		o.next++
		o.does(o.plan.deeds[o.next-1])
		time.Sleep(time.Millisecond) // one thing at a time
	}
	if !time.Now().Before(o.plan.end()) && !o.calm() {
		o.calms()
	}
	if time.Since(o.tidy) < o.plan.scale.hour {
		return
	}
	o.tidy = time.Now()
	_ = o.polls.Tidy(o.ctx)
	_, _ = o.state.Sweep(o.ctx, time.Now().Add(-7*24*time.Hour))
	if o.calm() || time.Since(o.cared) > o.plan.dice.scale(o.plan.scale.hour, 48*o.plan.scale.hour, "care") {
		o.cared = time.Now()
		o.cares()
	}
	if o.calm() {
		o.settles()
	}
}

// does does one deed.
func (o *operator) does(d deed) {
	var err error
	switch {
	case d.jump != 0:
		o.off.Add(int64(d.jump))
	case d.edit != nil:
		err = o.reload(d.edit)
	default:
		err = d.do(o)
	}
	o.log(d.name, "", d.jump, err)
}

// log writes down what was done, or perhaps was not.
func (o *operator) log(name, subject string, jump time.Duration, err error) {
	o.ledger.note(func() {
		o.ledger.deeds = append(o.ledger.deeds, done{time.Now(), name, subject, jump, err == nil && o.gate.alive()})
		if s := o.setup.source(subject); s != nil && (err != nil || !o.gate.alive()) {
			o.opened[s.collection] = true
		}
	})
}

// reload edits the configuration and takes it in.
func (o *operator) reload(edit func(*setup)) error {
	next := o.setup.clone()
	edit(next)
	o.setup = next
	c := o.load(next)
	o.leave()
	err := o.polls.Apply(o.ctx, c.Sources)
	o.takeSinks(c.Sinks)
	return err
}

// leave notes that polls under way may be cut off.
func (o *operator) leave() {
	o.ledger.note(func() {
		for _, p := range o.under {
			o.opened[p.source.collection] = true
		}
	})
}

func (o *operator) pause(source string, paused bool) error {
	if paused {
		return o.polls.Pause(o.ctx, source)
	}
	return o.polls.Resume(o.ctx, source)
}

func (o *operator) pauseSink(name string, paused bool) (err error) {
	s := o.sinks[name]
	if s == nil {
		return nil
	}
	if !paused {
		o.log("sink resumed", name, 0, nil) // from now on it may go on
		return s.loop.Resume(o.ctx)
	}
	err = s.loop.Pause(o.ctx)
	o.log("sink paused", name, 0, err)
	return err
}

// reset has a source forgotten.
func (o *operator) reset(source string) error {
	err := o.polls.Reset(o.ctx, source)
	o.log("reset", source, 0, err)
	return err
}

// retry sends dead letters again, or all that is recorded.
func (o *operator) retry(name string, all bool) error {
	s, state := o.setup.sink(name), store.Buried
	if s == nil {
		return nil
	}
	filter := store.Filter{Sink: name, State: &state, Limit: 10}
	if all {
		filter.State = nil
	}
	var ids []string
	for record, err := range o.state.Events(o.ctx, filter) {
		if err != nil {
			return err
		}
		ids = append(ids, record.Event.ID)
	}
	slices.Reverse(ids)
	for _, id := range ids {
		o.log(retried(id), name, 0, nil) // from now on it may come again
	}
	_, err := o.state.Redeliver(o.ctx, ids, name, nil)
	return err
}

// retried is the name of the deed of sending an event again.
func retried(id string) string { return "retried " + id }

// poll asks for a poll, and does not wait for it.
func (o *operator) poll(source string) error {
	o.running.Go(func() { _, _ = o.polls.Poll(o.ctx, source, nil) })
	o.log("poll asked for", source, 0, nil)
	return nil
}

// cares looks after sources that are held and sinks that are disabled.
func (o *operator) cares() {
	all, err := o.polls.Sources(o.ctx)
	for _, s := range all {
		if err == nil && s.Memory.Hold != nil {
			err = o.frees(s)
		}
		if err == nil && s.Memory.Paused && o.calm() {
			err = o.pause(s.Name, false)
		}
	}
	for _, name := range sortedKeys(o.sinks) {
		status, err := o.sinks[name].loop.Status(o.ctx)
		if err == nil && (!status.Disabled.IsZero() || o.calm() && !status.Paused.IsZero()) {
			_ = o.pauseSink(name, false)
		}
	}
}

// frees ends the hold of a source, in one of two ways.
func (o *operator) frees(s poll.Status) (err error) {
	name, do := "released", o.polls.Release
	if s.Memory.Hold.Rebaseline || o.dice.chance(0.3, "rebaseline", s.Name, time.Now().UnixNano()) {
		name, do = "rebaselined", o.polls.Rebaseline
	}
	err = do(o.ctx, s.Name)
	o.log(name, s.Name, 0, err)
	return err
}

// calms ends the time in which anything goes wrong. Everything comes back that is away.
func (o *operator) calms() {
	o.quiet.Store(true)
	o.full.Store(false)
	o.gate.arm("", 0)
	o.calmed = time.Now()
	err := o.reload(func(s *setup) {
		for n := range s.sources {
			s.sources[n].out = false
		}
		for n := range s.sinks {
			s.sinks[n].out = false
		}
	})
	o.next = len(o.plan.deeds)
	o.log("calm", "", 0, err)
}

// settles ends the run once every source has seen all that there is and all is delivered, or it has taken too long.
func (o *operator) settles() {
	queue, err := o.state.Queue(context.WithoutCancel(o.ctx))
	pending := 0
	for _, q := range queue {
		pending += q.Pending
	}
	if (err != nil || pending > 0 || !o.seen()) && time.Since(o.calmed) < 20*24*o.plan.scale.hour {
		return
	}
	for _, s := range o.setup.sources {
		p := &polled{source: s, setup: o.setup, life: o.number, began: time.Now(), peek: o.peek(o.ctx, s.name), last: true}
		o.ledger.note(func() { o.ledger.polls = append(o.ledger.polls, p) })
	}
	o.over = true
}

// seen reports whether each source was polled often enough since nothing changes any more, and once without a break
// for all that there is: a listing in parts tells nothing of what went meanwhile.
func (o *operator) seen() (enough bool) {
	good, full := map[string]int{}, map[string]bool{}
	o.ledger.note(func() {
		for _, p := range o.ledger.polls {
			if p.report != nil && p.report.Err == nil && p.report.Hold == nil && p.began.After(o.calmed) {
				s := p.sight()
				good[p.source.name]++
				full[p.source.name] = full[p.source.name] || p.source.mode != since || !s.partial && !s.part
			}
		}
	})
	enough = true
	for _, s := range o.setup.sources {
		enough = enough && full[s.name] && good[s.name] > max(s.confirm, s.settle)+1
	}
	return enough
}
