package simulation

import (
	"cmp"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// A watch is the oracle while it goes through the polls of one collection.
type watch struct {
	*oracle
	model
	open  *polled // a poll of which nobody knows what became
	then  verdict // and what should have, had it been committed
	reset bool    // an operator may have had all forgotten
	loose bool    // an operator's wish may have been taken in or not
	lied  bool    // the last full listing was not what it seemed to be

	listed time.Time // when the last listing began that went on with another poll
}

func (o *oracle) judgePolls(c *collection) {
	w := &watch{oracle: o}
	for _, p := range o.timeline(c) {
		switch step := p.(type) {
		case *polled:
			w.poll(step)
		case done:
			w.deed(step)
		}
	}
}

// timeline is all that concerns a collection, in the order in which it took effect.
func (o *oracle) timeline(c *collection) (all []any) {
	names := map[string]bool{}
	for _, p := range o.polls {
		if p.source.collection == c {
			names[p.source.name] = true
			all = append(all, p)
		}
	}
	for _, d := range o.deeds {
		if names[d.subject] {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b any) int { return effect(a).Compare(effect(b)) })
	return all
}

func effect(step any) time.Time {
	switch step := step.(type) {
	case *polled:
		return cmp.Or(step.reported, step.ended, step.began)
	case done:
		return step.at
	}
	return time.Time{}
}

// deed takes in what an operator wished for a source.
func (w *watch) deed(d done) {
	switch {
	case !d.ok && d.name == "reset":
		w.loose, w.reset = true, true
	case !d.ok:
		w.loose = true
	case d.name == "reset":
		w.forget()
	case d.name == "released":
		w.released = true
	case d.name == "rebaselined":
		w.rebaseline = true
	}
}

// forget takes in that nothing is known any more. What became of an open poll will never be known.
func (w *watch) forget() {
	if w.open != nil {
		for _, e := range w.then.events {
			e.maybe = true
		}
		w.take(w.then, nil)
	}
	w.model, w.open, w.reset = model{}, nil, false
}

// poll takes in a poll.
func (w *watch) poll(p *polled) {
	w.name = p.source.name
	if p.peek != nil {
		w.look(p)
	} else if w.open != nil {
		w.blame("oracle", w.name, "", p.began, "nobody looked at the state after the poll at %s", w.open.began)
	}
	w.open = nil
	w.goOn(p)
	switch {
	case p.last:
		w.end(p)
	case len(p.exchanges) == 0 && p.report == nil:
	case w.based && w.key != p.source.key && !w.rebaseline:
		w.blame("rekeyed", w.name, "", p.began, "a poll although its keys are made in another way")
	case p.report == nil && p.err == nil && !p.ended.IsZero():
		w.open, w.then, w.loose = p, w.judge(p), true
	case p.report == nil:
	case p.report.Err != nil && p.err == nil:
		w.open, w.then, w.loose = p, w.judge(p), true
		w.failed(p)
	case p.report.Err != nil:
		w.failed(p)
	default:
		w.good(p)
	}
}

// goOn takes in when the listing began.
func (w *watch) goOn(p *polled) {
	if p.sight().onward {
		p.listed = w.listed
	}
	if p.more {
		w.listed = p.begun()
	}
}

// end compares what is known when all is over with what there is.
func (w *watch) end(p *polled) {
	order := "id"
	if p.source.mode == window {
		order = "newest"
	}
	rows := p.source.collection.list(p.began, order)
	if p.source.mode == window {
		rows = rows[:min(len(rows), p.source.size)]
	} else if len(rows) != len(w.items) {
		w.blame("picture", w.name, "", p.began, "there are %d items in the end, and %d are known", len(rows), len(w.items))
	}
	for _, r := range rows {
		key := p.source.keyOf(r.item)
		if now, found := w.items[key]; !found || now.item.without(p.source.ignore) != r.without(p.source.ignore) {
			w.blame("picture", w.name, key, p.began, "in the end %s is %+v, and is known as %+v", key, r.item, now.item)
		}
	}
}

// failed takes in a poll that the program says has failed. Nothing of it may be kept.
func (w *watch) failed(p *polled) {
	slow := p.ended.Sub(p.began) > p.source.timeout*9/10
	if !p.faultless() || slow || bridge.IsPutOff(p.report.Err) || w.cramped(p.ended, p.reported) {
		return
	}
	if v := w.judge(p); v.fails == "" {
		w.blame("refused", w.name, "", p.began, "nothing was wrong with the listing, and the poll failed: %v", p.report.Err)
	}
}

// good takes in a poll that went well.
func (w *watch) good(p *polled) {
	v, s := w.judge(p), p.sight()
	held := p.report.Hold != nil
	switch {
	case v.fails != "":
		w.blame("believed", w.name, "", p.began, "the poll went well although %s", v.fails)
	case p.source.mode == whole && !s.complete:
		w.blame("believed", w.name, "", p.began, "the poll went well although it did not read all pages")
	case held && v.held == "" && !v.doubt:
		w.blame("held", w.name, "", p.began, "held for nothing: %s", p.report.Hold.Reason)
	case !held && v.held != "" && !v.doubt:
		w.blame("not held", w.name, "", p.began, "the poll should have been held: %s", v.held)
	}
	if held {
		return
	}
	w.implied(p, s)
	w.believe(s)
	w.take(v, nil)
	w.owed(p, s)
}

// believe notes whether what is known comes of a listing that was not what it seemed to be.
func (w *watch) believe(s sight) {
	switch {
	case s.part:
		w.lied = w.lied || s.lied || !s.partial // what is gone is only found out by a whole listing
	case !s.partial && !s.same:
		w.lied = s.lied
	}
}

// take makes the verdict true, for some of the keys or, where these are nil, for all.
func (w *watch) take(v verdict, only map[string]bool) {
	if only == nil {
		w.model = v.after
	}
	for _, e := range v.events {
		if only != nil && !only[e.key] {
			continue
		}
		name := e.name()
		if w.expected[name] != nil {
			w.blame("oracle", w.name, e.key, e.at, "two events are the same: %s", name)
		}
		w.expected[name] = e
	}
}

// implied checks that what the upstream calls unchanged is known indeed.
func (w *watch) implied(p *polled, s sight) {
	if !s.same || s.part {
		return
	}
	for _, one := range s.implied {
		key, ignored := p.source.keyOf(one), p.source.ignore
		was, found := w.items[key]
		if !s.partial && (!found || was.item.without(ignored) != one.without(ignored)) || s.partial && one.Gone && found {
			w.blame("lost", w.name, key, p.began, "the upstream said that nothing changed, and %s was not known as %+v", key, one)
		}
	}
}

// owed checks that a poll that asked for changes left none out.
func (w *watch) owed(p *polled, s sight) {
	if !s.partial || s.part || s.lied || w.lied {
		return
	}
	for _, e := range p.exchanges {
		for _, one := range e.truth {
			key, ignored := p.source.keyOf(one), p.source.ignore
			if p.touched(one.ID) {
				continue
			}
			if now, found := w.items[key]; !found || now.item.without(ignored) != one.without(ignored) {
				w.blame("lost", w.name, key, p.began, "the poll did not find out that %s is %+v", key, one)
			}
		}
		for _, id := range e.gone {
			if _, found := w.items[p.source.keyOf(item{ID: id})]; found && !p.touched(id) {
				w.blame("lost", w.name, id, p.began, "the poll did not find out that %s is gone", id)
			}
		}
	}
}
