package simulation

import (
	"cmp"
	"time"
)

// A sight is what the upstream showed to one poll, by its own account of what it answered.
type sight struct {
	shown    []item // in their order
	implied  []item // said to be as they were, by a 304
	partial  bool   // only what changed was asked for
	onward   bool   // an earlier poll began the listing
	part     bool   // so it is, or a later one goes on with it
	complete bool   // all there is was shown
	lied     bool   // some answer was whole by all signs, and was not
	same     bool   // all is as it was, by the upstream's word
}

// good reports whether an answer is one that a listing may be made of.
func (e *exchange) good() bool { return e.sent && (e.fault == "" || e.lie) }

// sight puts the answers of a poll together. A first page begins a listing anew, whatever was read before: a
// program that is told that one page of several changed reads all of them.
func (p *polled) sight() sight {
	s := sight{onward: true}
	for _, e := range p.exchanges {
		if !e.good() {
			continue
		}
		if e.first {
			s = sight{partial: e.since, same: true}
		}
		s.partial = s.partial || e.since
		if e.same {
			s.implied = append(s.implied, e.items...)
		} else {
			s.shown = append(s.shown, e.items...)
		}
		s.complete = !e.next
		s.lied = s.lied || e.lie
		s.same = s.same && e.same
	}
	s.part = s.onward || p.more
	return s
}

// begun is when the listing began: what it leaves out as too young goes by that.
func (p *polled) begun() time.Time { return cmp.Or(p.listed, p.asked) }

// faultless reports whether nothing was wrong with any answer, and nothing moved while the pages were read.
func (p *polled) faultless() bool {
	for n, e := range p.exchanges {
		if e.fault != "" || !e.sent || n > 0 && !e.at.Equal(p.exchanges[0].at) && p.moved() {
			return false
		}
	}
	return len(p.exchanges) > 0
}

// touched reports whether an item changed while the poll went on.
func (p *polled) touched(id string) bool {
	for _, h := range p.source.collection.history {
		if h.item.ID == id && !h.at.Before(p.began) && !h.at.After(p.ended) {
			return true
		}
	}
	return false
}

// moved reports whether the collection changed while the poll went on.
func (p *polled) moved() bool {
	for _, h := range p.source.collection.history {
		if !h.at.Before(p.began) && !h.at.After(p.ended) {
			return true
		}
	}
	return false
}
