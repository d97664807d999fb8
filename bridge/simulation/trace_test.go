package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A line of a trace tells one thing that happened.
type line struct {
	at    time.Time
	about string // the source or sink; "" is all
	key   string
	text  string
}

// moments is how a trace tells instants.
const moments = "2006-01-02 15:04:05.000000"

func (l line) String() string {
	return fmt.Sprintf("%s  %-4s %s", l.at.UTC().Format(moments), l.about, l.text)
}

// trace tells all that happened.
func (l *ledger) trace() (all []line) {
	for _, one := range l.lives {
		all = append(all, one.lines()...)
	}
	for _, p := range l.polls {
		if !p.last {
			all = append(all, p.line())
		}
	}
	for _, a := range l.arrivals {
		all = append(all, a.line())
	}
	for _, d := range l.deeds {
		text := "operator: " + d.name
		if d.jump != 0 {
			text += " by " + d.jump.String()
		}
		if !d.ok {
			text += " (nobody knows whether it was taken in)"
		}
		all = append(all, line{at: d.at, about: d.subject, text: text})
	}
	slices.SortFunc(all, func(a, b line) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.about, b.about), strings.Compare(a.text, b.text))
	})
	return all
}

func (l *life) lines() []line {
	began := line{at: l.began, text: fmt.Sprintf("LIFE %d begins", l.number)}
	if l.gate.alive() {
		return []line{began, {at: l.ended, text: fmt.Sprintf("LIFE %d was stopped", l.number)}}
	}
	return []line{began, {at: l.gate.when, text: fmt.Sprintf("LIFE %d was killed: %s", l.number, l.gate.where)}}
}

func (p *polled) line() line {
	var text strings.Builder
	fmt.Fprintf(&text, "poll %s", p.source.mode)
	for _, e := range p.exchanges {
		fmt.Fprintf(&text, " [%s]", e.text())
	}
	switch {
	case p.report == nil:
		text.WriteString(" nobody knows what became of it")
	case p.report.Err != nil:
		text.WriteString(" failed")
	default:
		fmt.Fprintf(&text, " %s, +%d ~%d -%d", p.report.Coverage, p.report.Created, p.report.Updated, p.report.Deleted)
	}
	if p.report != nil && p.report.Baseline {
		text.WriteString(", baseline")
	}
	if p.report != nil && p.report.Hold != nil {
		fmt.Fprintf(&text, ", HELD: %s", p.report.Hold.Reason)
	}
	return line{at: p.began, about: p.source.name, text: text.String()}
}

func (e *exchange) text() string {
	parts := []string{e.fault}
	if e.since {
		parts = append(parts, "since")
	}
	if e.same {
		parts = append(parts, "304")
	}
	if e.good() {
		parts = append(parts, fmt.Sprintf("%d items", len(e.items)))
	}
	if e.next {
		parts = append(parts, "more")
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

func (a *arrival) line() line {
	d := a.event.Data
	text := fmt.Sprintf("%s #%d %s %s r%d: %s", a.id, a.number, a.event.Type, d.Key, d.Revision, a.behaves)
	switch {
	case a.took():
		text += ", taken"
	case a.answered:
		text += fmt.Sprintf(", answered %d", a.status)
	}
	return line{at: a.at, about: a.sink, key: d.Key, text: text}
}

// around picks the lines of a trace that may explain a violation.
func (v violation) around(all []line, before, after int) []line {
	var some []line
	at := 0
	for _, l := range all {
		if l.about != "" && l.about != v.about && (v.key == "" || l.key != v.key) {
			continue
		}
		if some = append(some, l); !l.at.After(v.at) {
			at = len(some)
		}
	}
	return some[max(0, at-before):min(at+after, len(some))]
}
