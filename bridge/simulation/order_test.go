package simulation

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// spans of the time of a delivery to a sink.
type span struct {
	id       string
	at       time.Time // of the first attempt
	over     time.Time // when it was taken or given up; zero: never
	last     time.Time // attempt
	event    *expected
	order    string
	attempts int
}

// spans lists the deliveries of a sink in the order of their first attempts.
func (q *queue) spans() (all []*span) {
	for _, id := range sortedKeys(q.byID) {
		attempts := q.first(q.byID[id])
		e := q.expected[attempts[0].event.name()]
		if e == nil {
			continue
		}
		s := &span{id: id, at: attempts[0].at, last: attempts[len(attempts)-1].at, event: e, attempts: len(attempts)}
		for _, g := range e.to {
			if g.sink == q.sink {
				s.order = g.order
			}
		}
		s.over = q.over(attempts)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *span) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id)) })
	return all
}

// first are the attempts of a delivery before an operator had it sent again, once it was over.
func (q *queue) first(all []*arrival) []*arrival {
	for n := range all {
		if n > 0 && !q.over(all[:n]).IsZero() && q.revived(all[n].id, all[n-1].at, all[n].at) {
			return all[:n]
		}
	}
	return all
}

// over is when a delivery was taken for the first time, or the last attempt that there could be had failed.
func (q *queue) over(attempts []*arrival) time.Time {
	for n, a := range attempts {
		if a.took() || a.status != 410 && n+1 >= len(a.stint.sink.schedule)+1 {
			return a.over()
		}
	}
	return time.Time{}
}

// judgeOrder checks that deliveries of one order were attempted one after the other, in the order of their
// events: D7.
func (q *queue) judgeOrder() {
	lines := map[string][]*span{}
	for _, s := range q.spans() {
		switch s.order {
		case "key":
			lines["key "+s.event.source+" "+s.event.key] = append(lines["key "+s.event.source+" "+s.event.key], s)
		case "strict":
			lines["strict"] = append(lines["strict"], s)
		}
	}
	for _, name := range sortedKeys(lines) {
		for n, s := range lines[name] {
			q.judgeBefore(s, lines[name][:n])
		}
	}
}

// judgeBefore checks a delivery against those whose first attempt was before its own.
func (q *queue) judgeBefore(s *span, before []*span) {
	for _, b := range before {
		switch {
		case b.over.IsZero() || b.over.After(s.at):
			q.blame("order", q.sink, s.event.key, s.at, "%s went out while %s was not over", s.event.name(), b.event.name())
		case b.last.After(s.at):
			q.blame("order", q.sink, s.event.key, b.last, "%s went out again after %s", b.event.name(), s.event.name())
		case b.event.at.After(s.event.at.Add(together(b, s))):
			q.blame("order", q.sink, s.event.key, s.at, "%s went out before %s", b.event.name(), s.event.name())
		case b.event.key == s.event.key && b.event.source == s.event.source && b.event.at.Equal(s.event.at) && q.rank(b) > q.rank(s):
			q.blame("order", q.sink, s.event.key, s.at, "%s went out before %s, which stands first", b.event.name(), s.event.name())
		}
	}
}

// together is how long events of two sources may be on their way into the outbox at a time.
func together(a, b *span) time.Duration {
	if a.event.source == b.event.source {
		return 0
	}
	return time.Second
}

// rank is the place of an event's block among those of its source: D22.
func (q *queue) rank(s *span) int {
	return slices.IndexFunc(s.event.poll.source.rules, func(r rule) bool { return strings.HasSuffix(s.event.kind, "."+r.name) })
}
