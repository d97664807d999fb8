package simulation

import (
	"slices"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// judgeHealth checks what sources told of themselves: P21.
func (o *oracle) judgeHealth() {
	bySource := map[string][]*arrival{}
	seen := map[string]bool{}
	for _, a := range o.arrivals {
		if name := strings.TrimRight(a.event.Data.Source, "x"); a.sink == ops && name != "" && !seen[a.id] {
			seen[a.id] = true
			bySource[name] = append(bySource[name], a) // which it keeps over a new name
		}
	}
	for _, name := range sortedKeys(bySource) {
		o.judgeTurns(name, bySource[name])
	}
	o.judgeNews(bySource)
}

// judgeTurns checks that a source recovers only after it failed, and fails only once before it recovers.
func (o *oracle) judgeTurns(name string, all []*arrival) {
	slices.SortStableFunc(all, func(a, b *arrival) int { return a.event.Timestamp.Compare(b.event.Timestamp) })
	failing := false
	for _, a := range all {
		switch a.event.Type {
		case "source.failing":
			if failing {
				o.blame("health", name, "", a.event.Timestamp, "it fails again, and never said that it recovered: %s", a.body)
			}
			failing = true
		case "source.recovered":
			if !failing {
				o.blame("health", name, "", a.event.Timestamp, "it recovered, and never said that it failed: %s", a.body)
			}
			failing = false
		}
	}
}

// A streak is a run of polls that failed, as far as one life has seen it.
type streak struct {
	life   int
	known  bool // from its beginning
	failed int
}

// judgeNews checks that what happened was told: the third failure in a row, and the first poll after it that went
// well.
func (o *oracle) judgeNews(told map[string][]*arrival) {
	streaks := map[string]streak{}
	for _, p := range o.polls {
		name := strings.TrimRight(p.source.name, "x")
		s := streaks[name]
		if p.life != s.life {
			s = streak{life: p.life}
		}
		if p.report != nil && p.source.health && !bridge.IsPutOff(p.report.Err) {
			s = o.judgeStreak(s, p, told[name])
		}
		streaks[name] = s
	}
}

func (o *oracle) judgeStreak(s streak, p *polled, told []*arrival) streak {
	if o.cramped(p.ended, p.reported) {
		return streak{life: s.life}
	}
	if p.report.Err != nil {
		if s.failed++; s.known && s.failed == 3 {
			o.wantNews(p, "source.failing", told)
		}
		return s
	}
	if s.known && s.failed >= 3 {
		o.wantNews(p, "source.recovered", told)
	}
	return streak{s.life, true, 0}
}

func (o *oracle) wantNews(p *polled, kind string, told []*arrival) {
	if !slices.ContainsFunc(told, func(a *arrival) bool {
		return a.event.Type == kind && !a.event.Timestamp.Before(p.began.Truncate(time.Millisecond)) && a.event.Timestamp.Before(p.reported.Add(time.Second))
	}) {
		o.blame("health", p.source.name, "", p.began, "nobody heard of %s", kind)
	}
}
