package simulation

import (
	"fmt"
	"slices"
	"time"
)

// A scale says how large worlds are drawn.
type scale struct {
	least, most time.Duration // how long they last, before they become quiet
	polls       int           // of a source, about
	hour        time.Duration // what takes hours in a large world
	real        bool          // over a real Badger
}

// A plan is all that a seed says of a world before it begins.
type plan struct {
	seed   uint64
	dice   dice
	scale  scale
	start  time.Time
	length time.Duration
	first  *setup
	deeds  []deed // of operators, by time

	collections []*collection
}

func (p *plan) end() time.Time { return p.start.Add(p.length) }

func newPlan(seed uint64, s scale) *plan {
	p := &plan{seed: seed, dice: dice(seed).of("world"), scale: s, first: &setup{}}
	p.start = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(p.dice.span(0, 700*24*time.Hour, "start"))
	p.length = p.dice.scale(s.least, s.most, "length")
	sinks := 1 + p.dice.below(3, "sinks")
	for n := range sinks {
		p.first.sinks = append(p.first.sinks, p.sink(fmt.Sprintf("k%d", n)))
	}
	last := p.sink(ops)
	last.health, last.order = false, "key"
	p.first.sinks = append(p.first.sinks, last)
	for n := range 1 + p.dice.below(3, "sources") {
		p.first.sources = append(p.first.sources, p.source(n, sinks))
	}
	p.draw()
	return p
}

func (p *plan) sink(name string) sink {
	d := p.dice.of("sink", name)
	return sink{
		name: name, order: pick(d, []string{"key", "key", "strict", "none"}, "order"),
		schedule: pick(d, p.schedules(), "schedule"), jitter: pick(d, []float64{0, 0.2, 0.5}, "jitter"),
		concurrency: 1 + d.below(8, "concurrency"), timeout: d.span(2*time.Second, 30*time.Second, "timeout").Truncate(time.Second),
		rate: pick(d, []float64{0, 0, 0, 0.5}, "rate"), health: d.chance(0.5, "health"),
	}
}

// schedules are those that sinks may have. The first is the default.
func (p *plan) schedules() [][]time.Duration {
	if p.scale.real {
		return [][]time.Duration{{time.Second, 10 * time.Second, time.Minute}}
	}
	days := []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
	return [][]time.Duration{days, days, {time.Second, time.Minute, time.Hour}, {10 * time.Minute}}
}

func (p *plan) source(n, sinks int) source {
	d := p.dice.of("source", n)
	s := source{
		name: fmt.Sprintf("s%d", n), host: fmt.Sprintf("api%d.test", d.below(2, "host")), mark: "0",
		mode:    choose(d, []weight[mode]{{5, whole}, {2, since}, {2, window}}, "mode"),
		every:   p.every(d),
		timeout: d.span(5*time.Second, time.Minute, "timeout").Truncate(time.Second), key: "item.id", twice: "error",
		emit: d.chance(0.5, "emit"), health: d.chance(0.5, "health"), plain: d.chance(0.2, "plain"),
		ignore: pick(d, ignored(), "ignore"), rules: pick(d, rules(), "rules"),
	}
	if d.chance(0.2, "jitter") {
		s.jitter = s.every / 5
	}
	if d.chance(0.25, "cron") && p.length > 3*24*time.Hour {
		s.cron = pick(d, []string{"30 2 * * *", "0 */6 * * *", "15 9 * * mon-fri"}, "ticks")
		s.zone = pick(d, []string{"Europe/Paris", "America/New_York", "UTC"}, "zone")
	}
	for at := range sinks {
		if at == 0 || d.chance(0.5, "to", at) {
			s.sinks = append(s.sinks, fmt.Sprintf("k%d", at))
		}
	}
	s.collection = p.collection(d, s)
	p.collections = append(p.collections, s.collection)
	s.guarded(d, p.scale.hour)
	s.paged(d)
	return s
}

func ignored() [][]string { return [][]string{nil, nil, {"noise"}, {"noise", "labels"}} }

// every is an interval by which about as many polls are made as are to be.
func (p *plan) every(d dice) time.Duration {
	every := p.length / time.Duration(d.below(p.scale.polls, "polls")+p.scale.polls/4)
	return min(max(every, 10*time.Second), 24*time.Hour).Truncate(time.Second)
}

func (p *plan) collection(d dice, s source) *collection {
	c := &collection{
		name: "c" + s.name, dice: d.of("collection"), since: s.mode == since, fat: d.chance(0.1, "fat"),
		forms: pick(d, []int{1, 1, 6}, "forms"),
	}
	items, changes := d.below(40, "items"), d.below(p.scale.polls/2, "changes")
	if d.chance(0.2, "few") {
		items = d.below(4, "few items")
	}
	c.draw(p.start, p.length, items, changes+1)
	return c
}

func (s *source) guarded(d dice, hour time.Duration) {
	s.deletes = pick(d, []string{"", "", "0", "3", "30%", "100%"}, "deletes")
	s.events = pick(d, []int{0, 0, 0, 10}, "events")
	switch {
	case s.mode == since:
		s.overlap = pick(d, []time.Duration{0, time.Minute, time.Hour}, "overlap")
		s.lag = pick(d, []time.Duration{0, 0, 30 * time.Second}, "lag")
		s.reconcile = max(4*s.every, 24*hour).Truncate(time.Minute)
	case d.chance(0.3, "patience"):
		s.settle, s.confirm = 1+d.below(3, "settle"), 1+d.below(3, "confirm")
	default:
		s.twice = pick(d, []string{"error", "first", "last"}, "twice")
	}
}

func (s *source) paged(d dice) {
	s.size = 2 + d.below(12, "size")
	switch s.mode {
	case since:
		s.page = "cursor"
	case whole:
		s.page = pick(d, []string{"", "link", "next", "cursor", "number", "offset"}, "page")
	}
}

// draw plans what operators do.
func (p *plan) draw() {
	for n := range p.dice.below(12, "deeds") {
		d := p.dice.of("deed", n)
		at := p.start.Add(d.span(0, p.length, "at"))
		p.deeds = append(p.deeds, p.deed(d, at)...)
	}
	slices.SortStableFunc(p.deeds, func(a, b deed) int { return a.at.Compare(b.at) })
}
