package simulation

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A model is what the program should know of a source, worked out from what the upstream showed to its polls. It
// is written after the promises, and not after the program.
type model struct {
	name       string
	key        string // the expression by which its items are told apart
	based      bool   // a first good poll was taken in
	released   bool   // the next good poll passes the guards
	rebaseline bool   // and is taken in without a word
	items      map[string]known
}

// known is what is known of an item.
type known struct {
	item     item
	revision uint64
	absent   int        // complete polls in a row without it
	waits    *candidate // a state that does not count yet
}

type candidate struct {
	item  item
	polls int
	rules string // under which it was compared
}

// A verdict is what should become of one poll.
type verdict struct {
	after  model
	events []*expected
	fails  string // why it may not go well; "" where it has to
	held   string // why its changes are held back
	doubt  bool   // it may be held or not
}

// expected is an event that should leave.
type expected struct {
	poll     *polled
	source   string
	kind     string // type
	key      string
	change   string
	revision uint64
	before   *item
	after    *item
	snapshot bool
	at       time.Time
	to       []goal
	maybe    bool            // nobody knows whether it was ever written
	seen     map[string]bool // ids under which it came
}

// A goal is a sink that is to get an event, and the order in force.
type goal struct{ sink, order string }

func (m model) clone() model {
	m.items = maps.Clone(m.items)
	if m.items == nil {
		m.items = map[string]known{}
	}
	return m
}

// keyOf is the key of an item.
func (s *source) keyOf(i item) string {
	if s.key == "item.id" {
		return i.ID
	}
	return "k-" + i.ID
}

// A reckoning is a poll while its verdict is worked out.
type reckoning struct {
	verdict
	poll    *polled
	source  *source
	sight   sight
	before  model
	silent  bool
	seen    map[string]bool
	changes []shift
	created int
	deleted int
	missed  int // that were there before
	present int
}

// A shift is what happened to one item.
type shift struct {
	key           string
	change        string
	before, after *item
	revision      uint64
}

// judge works out what should become of a poll whose listing went well.
func (m model) judge(p *polled) verdict {
	r := &reckoning{poll: p, source: &p.source, sight: p.sight(), before: m, seen: map[string]bool{}}
	r.after = m.clone()
	r.silent = m.rebaseline || !m.based && !p.source.emit
	for _, one := range r.sight.shown {
		if !r.young(one) {
			r.show(one)
		}
	}
	if !r.sight.partial && !r.sight.part && !r.sight.same {
		r.miss()
	}
	r.guard()
	r.commit()
	return r.verdict
}

// young reports whether an item is left for a later poll.
func (r *reckoning) young(one item) bool {
	at, err := time.Parse(time.RFC3339, one.Updated)
	return err == nil && r.sight.partial && r.source.lag > 0 && at.After(r.poll.begun().Add(-r.source.lag))
}

// show takes in an item of the listing.
func (r *reckoning) show(one item) {
	key := r.source.keyOf(one)
	if r.seen[key] {
		switch r.source.twice {
		case "error":
			r.fails = "two items have the key " + key
			return
		case "first":
			return
		}
		r.undo(key)
	}
	r.seen[key] = true
	was, found := r.before.items[key]
	switch {
	case r.sight.partial && one.Gone && found:
		r.drop(key, was, "deleted")
	case r.sight.partial && one.Gone:
	case !found:
		r.after.items[key] = known{item: one, revision: 1}
		r.created++
		r.shift(shift{key, "created", nil, &one, 1})
	default:
		r.compare(key, was, one)
	}
}

// undo takes back what an earlier item of the same key did.
func (r *reckoning) undo(key string) {
	r.changes = slices.DeleteFunc(r.changes, func(s shift) bool {
		if s.key == key && s.change == "created" {
			r.created--
		}
		return s.key == key
	})
	if was, found := r.before.items[key]; found {
		r.after.items[key] = was
	} else {
		delete(r.after.items, key)
	}
}

func (r *reckoning) shift(s shift) { r.changes = append(r.changes, s) }

// compare takes in an item that is known, by the rules in force.
func (r *reckoning) compare(key string, was known, now item) {
	ignored := r.source.ignore
	if now.without(ignored) == was.item.without(ignored) {
		r.after.items[key] = known{item: now, revision: was.revision}
		return
	}
	rules := strings.Join(ignored, " ")
	next := candidate{now, 1, rules}
	if w := was.waits; w != nil && w.rules == rules && w.item.without(ignored) == now.without(ignored) {
		next.polls = w.polls + 1
	}
	if next.polls < r.source.settle && !r.silent {
		r.after.items[key] = known{item: was.item, revision: was.revision, waits: &next}
		return
	}
	before := was.item
	r.after.items[key] = known{item: now, revision: was.revision + 1}
	r.shift(shift{key, "updated", &before, &now, was.revision + 1})
}

// miss takes in what is known and was not shown.
func (r *reckoning) miss() {
	rekeyed := r.before.based && r.before.key != r.source.key
	for key, was := range r.before.items {
		if was.absent == 0 {
			r.present++
		}
		if !r.seen[key] {
			r.absent(key, was, rekeyed)
		}
	}
}

func (r *reckoning) absent(key string, was known, rekeyed bool) {
	if was.absent == 0 {
		r.missed++
	}
	switch {
	case rekeyed:
		delete(r.after.items, key)
	case !r.sight.complete:
		was.absent, was.waits = max(was.absent, 1), nil
		r.after.items[key] = was
	case r.silent || was.absent+1 >= r.source.confirm:
		r.drop(key, was, "deleted")
	default:
		was.absent, was.waits = was.absent+1, nil
		r.after.items[key] = was
	}
}

func (r *reckoning) drop(key string, was known, change string) {
	before := was.item
	delete(r.after.items, key)
	r.deleted++
	r.shift(shift{key, change, &before, nil, was.revision + 1})
}

// commit makes events of the changes, and brings the model up to date.
func (r *reckoning) commit() {
	r.after.name, r.after.key, r.after.released = r.source.name, r.source.key, false
	if !r.poll.more {
		r.after.based, r.after.rebaseline = true, false
	}
	if r.silent {
		return
	}
	for _, s := range r.changes {
		r.events = append(r.events, r.tell(s)...)
	}
	if most := r.source.events; most > 0 && len(r.events) > most && !r.before.released {
		r.held = "more events than may leave at once"
	}
}

// tell makes the events of one change.
func (r *reckoning) tell(s shift) (all []*expected) {
	e := expected{
		poll: r.poll, source: r.source.name, key: s.key, change: s.change, revision: s.revision, before: s.before, after: s.after,
		snapshot: s.change == "created" && !r.before.based, at: r.poll.ended, seen: map[string]bool{},
	}
	for _, name := range r.source.sinks {
		if one := r.poll.setup.sink(name); one != nil {
			e.to = append(e.to, goal{name, one.order})
		}
	}
	if len(r.source.rules) == 0 {
		e.kind = e.source + "." + s.change
		return []*expected{&e}
	}
	for _, rule := range r.source.rules {
		if rule.does(s.change, s.before, s.after) {
			one := e
			one.kind, one.seen = e.source+"."+rule.name, map[string]bool{}
			all = append(all, &one)
		}
	}
	return all
}
