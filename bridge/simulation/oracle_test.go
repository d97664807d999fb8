package simulation

import (
	"fmt"
	"slices"
	"time"
)

// An oracle works out from a ledger what should have happened, and finds where it did not.
type oracle struct {
	*ledger
	plan     *plan
	calmed   time.Time            // when all was well from
	expected map[string]*expected // by what tells events apart
	wrong    []violation
	counts   counts
}

// A violation is a promise that was not kept.
type violation struct {
	kind  string // in a word
	text  string
	at    time.Time
	about string // the source or sink
	key   string // the item, where it is about one
}

// counts are what a run came to.
type counts struct {
	polls, good, held, events, attempts, kills, deeds, jumps, lives int
}

func (c counts) plus(d counts) counts {
	return counts{
		c.polls + d.polls, c.good + d.good, c.held + d.held, c.events + d.events, c.attempts + d.attempts,
		c.kills + d.kills, c.deeds + d.deeds, c.jumps + d.jumps, c.lives + d.lives,
	}
}

func (o *oracle) blame(kind, about, key string, at time.Time, format string, values ...any) {
	o.wrong = append(o.wrong, violation{kind, fmt.Sprintf(format, values...), at, about, key})
}

// judge finds everything that is wrong with a run.
func judge(w *world) *oracle {
	o := &oracle{ledger: &w.ledger, plan: w.plan, calmed: w.calmed, expected: map[string]*expected{}}
	for _, c := range w.plan.collections {
		o.judgePolls(c)
		o.judgePace(c)
	}
	o.judgeArrivals()
	o.judgeHealth()
	o.count()
	slices.SortStableFunc(o.wrong, func(a, b violation) int { return a.at.Compare(b.at) })
	return o
}

// name tells an event apart from all others.
func (e *expected) name() string {
	return fmt.Sprintf("%s|%s|%s|%s|%d|%s", e.kind, e.source, e.key, e.change, e.revision, e.at.UTC().Format(millis))
}

// millis is how events tell instants.
const millis = "2006-01-02T15:04:05.000Z"
