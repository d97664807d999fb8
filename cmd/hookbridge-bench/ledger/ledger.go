// Package ledger holds what arrived against what changed. A figure of a run in which something was lost, doubled, out
// of order, or other than it was is no figure.
package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
)

// Ledger is what must arrive: for each item, its changes in their order.
type Ledger struct {
	chains  map[item][]collection.Change
	changes int
}

type item struct{ source, key string }

// New makes an empty ledger.
func New() *Ledger { return &Ledger{chains: map[item][]collection.Change{}} }

// Add notes changes of a source that polls have seen, or will see each.
func (l *Ledger) Add(source string, changes ...collection.Change) {
	for _, change := range changes {
		i := item{source, change.Key}
		l.chains[i] = append(l.chains[i], change)
	}
	l.changes += len(changes)
}

// Len is the number of events that must arrive.
func (l *Ledger) Len() int { return l.changes }

// A Verdict says what is wrong.
type Verdict struct {
	Events     int      // that arrived, each counted once
	Duplicates int      // arrivals of an event that had arrived already
	Faults     []string // the first few of what else is wrong
	faults     int
}

// maxFaults bounds what is told.
const maxFaults = 5

func (v *Verdict) fault(format string, args ...any) {
	if v.faults++; v.faults <= maxFaults {
		v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
	}
}

// Judge compares.
func (l *Ledger) Judge(arrivals []receiver.Arrival) Verdict {
	v := Verdict{}
	seen, stood := make(map[string]receiver.Arrival, len(arrivals)), make(map[item]int, len(l.chains))
	for _, a := range arrivals {
		if first, again := seen[a.ID]; again {
			v.Duplicates++
			v.same(first, a)
			continue
		}
		seen[a.ID] = a
		v.Events++
		l.event(&v, a, stood)
	}
	for i, chain := range l.chains {
		if missing := len(chain) - stood[i]; missing > 0 {
			v.fault("%d events of item %s of %s never arrived", missing, i.key, i.source)
		}
	}
	if v.Duplicates > 0 {
		v.fault("%d events arrived again", v.Duplicates)
	}
	if more := v.faults - maxFaults; more > 0 {
		v.Faults = append(v.Faults, fmt.Sprintf("and %d more", more))
	}
	return v
}

// same checks that an event that arrives again is what it was.
func (v *Verdict) same(first, again receiver.Arrival) {
	again.At = first.At
	if first != again {
		v.fault("event %s arrived in two forms", again.ID)
	}
}

// event checks an event against the change that is the item's next one.
func (l *Ledger) event(v *Verdict, a receiver.Arrival, stood map[item]int) {
	i := item{a.Source, a.Key}
	chain, next := l.chains[i], stood[i]
	switch {
	case a.Fault != "" || a.ID == "":
		v.fault("event %q of item %s of %s: %s", a.ID, a.Key, a.Source, a.Fault)
	case next >= len(chain):
		v.fault("event %s of item %s of %s: nothing changed that would be told of", a.ID, a.Key, a.Source)
		return
	case !tells(a, chain[next]):
		v.fault("event %s of item %s of %s is %s, where %s comes next, or its item is another", a.ID, a.Key, a.Source, a.Change, chain[next].Kind)
	}
	stood[i]++
}

// tells reports whether an event is that of a change.
func tells(a receiver.Arrival, c collection.Change) bool {
	return a.Change == c.Kind && a.After == c.After && (a.Before == c.Before || slices.Contains(c.Lagging, a.Before))
}

// String is a verdict in a line.
func (v Verdict) String() string {
	if len(v.Faults) == 0 {
		return fmt.Sprintf("%d events, each once, in order", v.Events)
	}
	return strings.Join(v.Faults, "; ")
}
