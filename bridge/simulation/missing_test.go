package simulation

import (
	"slices"
	"time"
)

// judgeDeadline checks that nothing waits for too long once all receivers are well: no longer than the longest wait
// of a schedule, or what a receiver may ask for.
func (o *oracle) judgeDeadline() {
	longest := 40 * time.Hour
	for _, d := range o.deeds {
		longest += max(-d.jump, 0)
	}
	for _, a := range o.arrivals {
		from := o.calmed
		if e := o.expected[a.event.name()]; e != nil && e.at.After(from) {
			from = e.at
		}
		if !o.calmed.IsZero() && a.at.Sub(from) > longest && !a.event.health() {
			o.blame("too late", a.sink, a.event.Data.Key, a.at, "%s came %s after all was well", a.id, a.at.Sub(from))
		}
	}
}

// judgeMissing checks that everything arrived: taken, or given up after all attempts.
func (o *oracle) judgeMissing(bySink map[string][]*arrival) {
	arrived := map[string][]*arrival{}
	for sink, all := range bySink {
		for _, a := range all {
			arrived[sink+" "+a.event.name()] = append(arrived[sink+" "+a.event.name()], a)
		}
	}
	for _, name := range sortedKeys(o.expected) {
		for _, g := range o.expected[name].to {
			o.judgeDone(o.expected[name], g, arrived[g.sink+" "+name])
		}
	}
}

func (o *oracle) judgeDone(e *expected, g goal, all []*arrival) {
	if slices.ContainsFunc(all, (*arrival).took) || e.maybe && len(all) == 0 {
		return
	}
	attempts, least := len(all), 1000
	for _, a := range all {
		least = min(least, len(a.stint.sink.schedule)+1)
	}
	if attempts < least {
		o.blame("lost", e.source, e.key, e.at, "%s to %s: %d attempts, and it was neither taken nor given up", e.name(), g.sink, attempts)
	}
}

func (o *oracle) count() {
	for _, p := range o.polls {
		if len(p.exchanges) > 0 {
			o.counts.polls++
		}
		if p.report != nil && p.report.Err == nil {
			o.counts.good++
		}
		if p.report != nil && p.report.Hold != nil {
			o.counts.held++
		}
	}
	for _, l := range o.lives {
		o.counts.lives++
		if !l.gate.alive() {
			o.counts.kills++
		}
	}
	for _, d := range o.deeds {
		if d.jump != 0 {
			o.counts.jumps++
		}
	}
	o.counts.events, o.counts.attempts, o.counts.deeds = len(o.expected), len(o.arrivals), len(o.deeds)-o.counts.jumps
}
