package simulation

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// judgeArrivals goes through what receivers got.
func (o *oracle) judgeArrivals() {
	bySink := map[string][]*arrival{}
	bodies := map[string]*arrival{}
	for _, a := range o.arrivals {
		o.judgeForm(a, bodies)
		bySink[a.sink] = append(bySink[a.sink], a)
	}
	for _, name := range sortedKeys(bySink) {
		o.judgeSink(name, bySink[name])
	}
	o.judgeMissing(bySink)
	o.judgeDeadline()
}

func sortedKeys[V any](m map[string]V) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// judgeForm checks one request by itself: D2.
func (o *oracle) judgeForm(a *arrival, bodies map[string]*arrival) {
	about := a.event.Data.Source
	switch first := bodies[a.id]; {
	case !a.valid || a.at.Sub(a.sent).Abs() > 2*time.Second:
		o.blame("signature", a.sink, a.event.Data.Key, a.at, "%s was not signed anew: %s at %s", a.id, a.sent, a.at)
	case first == nil:
		bodies[a.id] = a
	case !bytes.Equal(first.body, a.body):
		o.blame("id", about, a.event.Data.Key, a.at, "%s has other bytes than before:\n      %s\n      %s", a.id, first.body, a.body)
	}
	if a.event.health() {
		return
	}
	e := o.expected[a.event.name()]
	if e == nil {
		o.blame("invented", about, a.event.Data.Key, a.at, "nothing of the kind happened: %s to %s: %s", a.id, a.sink, a.body)
		return
	}
	o.judgeContent(e, a)
	e.seen[a.id] = true
	if len(e.seen) > 1 {
		o.blame("id", about, e.key, a.at, "one change has several ids: %v: %s", e.seen, a.body)
	}
	if !slices.ContainsFunc(e.to, func(g goal) bool { return g.sink == a.sink }) {
		o.blame("invented", about, e.key, a.at, "%s was not meant for %s", e.name(), a.sink)
	}
}

func (t *told) health() bool {
	return strings.HasPrefix(t.Type, "source.") || strings.HasPrefix(t.Type, "sink.") || t.Type == "delivery.buried"
}

// name is what tells the event apart, as [expected.name] has it.
func (t *told) name() string {
	d := t.Data
	return fmt.Sprintf("%s|%s|%s|%s|%d|%s", t.Type, d.Source, d.Key, d.Change, d.Revision, t.Timestamp.UTC().Format(millis))
}

// judgeContent compares an event with what it should say.
func (o *oracle) judgeContent(e *expected, a *arrival) {
	d := a.event.Data
	before, errBefore := readItem(d.Before)
	after, errAfter := readItem(d.After)
	var changed []string
	if e.change == "updated" {
		changed = differ(*e.before, *e.after)
	}
	slices.Sort(d.Changed)
	slices.Sort(changed)
	switch {
	case errBefore != nil || errAfter != nil || !same(before, e.before) || !same(after, e.after) || d.Snapshot != e.snapshot:
		o.blame("content", e.source, e.key, a.at, "%s says\n      %s\n      and should say %+v, %+v", a.id, a.body, e.before, e.after)
	case !slices.Equal(d.Changed, changed):
		o.blame("content", e.source, e.key, a.at, "%s says that %v changed, and it is %v", a.id, d.Changed, changed)
	case d.Observed.From.After(d.Observed.To) || d.Observed.To.Sub(e.at).Abs() > time.Second:
		o.blame("content", e.source, e.key, a.at, "%s was observed at %s: %s", a.id, e.at, a.body)
	}
}

func same(a, b *item) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
