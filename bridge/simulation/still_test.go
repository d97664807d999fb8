package simulation

import (
	"slices"
	"time"
)

// judgeStill checks that nothing is attempted while the sink stands still: D5, D8.
func (q *queue) judgeStill() {
	still := time.Time{}
	steps := q.steps()
	for _, step := range steps {
		switch {
		case step.arrival != nil && !still.IsZero() && step.at.After(still.Add(50*time.Millisecond)):
			q.blame("not still", q.sink, step.arrival.event.Data.Key, step.at, "%s was sent, and the sink stands still since %s", step.arrival.id, still)
			still = time.Time{}
		case step.stops && still.IsZero():
			still = step.at
		case step.goes:
			still = time.Time{}
		}
	}
}

// A step is something that a sink does, or that is done to it.
type step struct {
	at          time.Time
	arrival     *arrival
	stops, goes bool
}

// steps lists what happened to the sink: what was done to it before what it did in the same instant.
func (q *queue) steps() (all []step) {
	for _, d := range q.deeds {
		if d.subject == q.sink && (d.name == "sink paused" && d.ok || d.name == "sink resumed") {
			all = append(all, step{at: d.at, stops: d.name == "sink paused", goes: d.name == "sink resumed"})
		}
	}
	for _, a := range q.arrivals {
		all = append(all, step{at: a.at, arrival: a})
		if a.answered && a.status == 410 && !q.uncertain(a) {
			all = append(all, step{at: a.over(), stops: true})
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	return all
}

// judgeConcurrency checks how many attempts were under way at a time: D16.
func (q *queue) judgeConcurrency() {
	for n, a := range q.arrivals {
		under := 1
		for _, b := range q.arrivals[max(0, n-20):n] {
			if b.stint == a.stint && b.over().After(a.at) {
				under++
			}
		}
		if under > a.stint.sink.concurrency {
			q.blame("concurrency", q.sink, a.event.Data.Key, a.at, "%d attempts at a time, and %d are the most", under, a.stint.sink.concurrency)
		}
	}
}
