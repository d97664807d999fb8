package simulation

import (
	"fmt"
	"time"
)

// A deed is something that an operator does at an instant.
type deed struct {
	at   time.Time
	name string
	edit func(*setup)          // of the configuration, which is then taken in
	do   func(*operator) error // anything else
	jump time.Duration         // of the clock on the wall, which nobody asked for
}

// deed draws one, with what undoes it later.
func (p *plan) deed(d dice, at time.Time) []deed {
	draws := []weight[func(dice, time.Time) []deed]{
		{4, p.editSource},
		{3, p.editSink},
		{2, p.takeOut},
		{1, p.takeOutSink},
		{1, p.rename},
		{1, p.rekey},
		{2, p.pause},
		{2, p.pauseSink},
		{2, p.pollNow},
		{2, p.jumps},
		{1, p.reset},
		{2, p.retry},
		{1, p.fills},
	}
	return choose(d, draws, "which")(d, at)
}

// of returns what changes one source, which may have another name by then.
func (p *plan) of(d dice, change func(*source)) func(*setup) {
	n := d.below(len(p.first.sources), "source")
	return func(s *setup) { change(&s.sources[n]) }
}

func (p *plan) ofSink(d dice, change func(*sink)) func(*setup) {
	n := d.below(len(p.first.sinks)-1, "sink") // not the one of the health events
	return func(s *setup) { change(&s.sinks[n]) }
}

func (p *plan) editSource(d dice, at time.Time) []deed {
	edits := []weight[func(*source)]{
		{3, func(s *source) { s.ignore = pick(d, ignored(), "ignored") }},
		{2, func(s *source) { s.rules = pick(d, rules(), "rules") }},
		{2, func(s *source) { s.guarded(d.of("guard"), p.scale.hour) }},
		{1, func(s *source) { s.mark += "1" }},
		{1, func(s *source) { s.plain = !s.plain }},
		{1, func(s *source) { s.every = max(s.every/2, 10*time.Second).Truncate(time.Second) }},
	}
	return []deed{{at: at, name: "edit source", edit: p.of(d, choose(d, edits, "edit"))}}
}

func (p *plan) editSink(d dice, at time.Time) []deed {
	edits := []weight[func(*sink)]{
		{2, func(s *sink) { s.order = pick(d, []string{"key", "strict", "none"}, "ordered") }},
		{1, func(s *sink) { s.schedule = pick(d, p.schedules(), "scheduled") }},
		{1, func(s *sink) { s.concurrency = 1 + d.below(8, "at once") }},
	}
	return []deed{{at: at, name: "edit sink", edit: p.ofSink(d, choose(d, edits, "edit"))}}
}

// away is how long something is left out. The state of a source is kept for thirty days.
func (p *plan) away(d dice) time.Duration {
	if d.chance(0.2, "long") {
		return d.span(28*24*time.Hour, 36*24*time.Hour, "away")
	}
	return d.scale(time.Minute, p.length/2, "away")
}

func (p *plan) takeOut(d dice, at time.Time) []deed {
	if len(p.first.sources) == 1 {
		return nil
	}
	n, back := 1+d.below(len(p.first.sources)-1, "source"), at.Add(p.away(d))
	out := func(out bool) func(*setup) { return func(s *setup) { s.sources[n].out = out } }
	return []deed{{at: at, name: "take out source", edit: out(true)}, {at: back, name: "put back source", edit: out(false)}}
}

func (p *plan) takeOutSink(d dice, at time.Time) []deed {
	if len(p.first.sinks) == 2 {
		return nil
	}
	n, back := 1+d.below(len(p.first.sinks)-2, "sink"), at.Add(p.away(d))
	out := func(out bool) func(*setup) { return func(s *setup) { s.sinks[n].out = out } }
	return []deed{{at: at, name: "take out sink", edit: out(true)}, {at: back, name: "put back sink", edit: out(false)}}
}

func (p *plan) rename(d dice, at time.Time) []deed {
	return []deed{{at: at, name: "rename source", edit: p.of(d, func(s *source) {
		if !s.out && s.previous == "" {
			s.previous, s.name = s.name, s.name+"x"
		}
	})}}
}

// rekey changes by what items are told apart.
func (p *plan) rekey(d dice, at time.Time) []deed {
	return []deed{{at: at, name: "change key", edit: p.of(d, func(s *source) {
		if s.key = `"k-${item.id}"`; d.chance(0.3, "back") {
			s.key = "item.id"
		}
	})}}
}

func (p *plan) pause(d dice, at time.Time) []deed {
	n, until := d.below(len(p.first.sources), "source"), at.Add(d.scale(time.Minute, p.length/4, "paused"))
	return []deed{
		{at: at, name: "pause source", do: func(o *operator) error { return o.pause(o.setup.sources[n].name, true) }},
		{at: until, name: "resume source", do: func(o *operator) error { return o.pause(o.setup.sources[n].name, false) }},
	}
}

func (p *plan) pauseSink(d dice, at time.Time) []deed {
	name, until := fmt.Sprintf("k%d", d.below(len(p.first.sinks)-1, "sink")), at.Add(d.scale(time.Minute, p.length/4, "paused"))
	return []deed{
		{at: at, name: "pause " + name, do: func(o *operator) error { return o.pauseSink(name, true) }},
		{at: until, name: "resume " + name, do: func(o *operator) error { return o.pauseSink(name, false) }},
	}
}

func (p *plan) pollNow(d dice, at time.Time) []deed {
	n := d.below(len(p.first.sources), "source")
	return []deed{{at: at, name: "poll source", do: func(o *operator) error { return o.poll(o.setup.sources[n].name) }}}
}

// jumps is a jump of the clock on the wall, which is mended now and then.
func (p *plan) jumps(d dice, at time.Time) []deed {
	by := d.scale(time.Minute, 48*p.scale.hour, "by").Truncate(time.Second)
	if d.chance(0.5, "back") {
		by = -by
	}
	all := []deed{{at: at, name: "clock jumps", jump: by}}
	if d.chance(0.6, "mended") {
		all = append(all, deed{at: at.Add(d.scale(time.Minute, 48*p.scale.hour, "wrong for")), name: "clock is set", jump: -by})
	}
	return all
}

func (p *plan) reset(d dice, at time.Time) []deed {
	n := d.below(len(p.first.sources), "source")
	return []deed{{at: at, name: "reset source", do: func(o *operator) error { return o.reset(o.setup.sources[n].name) }}}
}

// retry sends again what could not be delivered, or what was delivered as well.
func (p *plan) retry(d dice, at time.Time) []deed {
	name, all := fmt.Sprintf("k%d", d.below(len(p.first.sinks)-1, "sink")), d.chance(0.3, "all")
	return []deed{{at: at, name: "retry", do: func(o *operator) error { return o.retry(name, all) }}}
}

// fills is a disk that is full for a while.
func (p *plan) fills(d dice, at time.Time) []deed {
	full := func(full bool) func(*operator) error {
		return func(o *operator) error {
			o.full.Store(full)
			return nil
		}
	}
	return []deed{
		{at: at, name: diskFull, do: full(true)},
		{at: at.Add(d.scale(time.Second, 12*p.scale.hour, "full")), name: diskRoom, do: full(false)},
	}
}

// The names of what happens to the disk.
const (
	diskFull = "disk is full"
	diskRoom = "disk has room"
)
