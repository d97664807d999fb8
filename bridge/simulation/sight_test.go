package simulation

// A sight is what the upstream showed to one poll, by its own account of what it answered.
type sight struct {
	shown    []item // in their order
	implied  []item // said to be as they were, by a 304
	partial  bool   // only what changed was asked for
	part     bool   // of a listing that other polls began, or go on with
	complete bool   // all there is was shown
	lied     bool   // some answer was whole by all signs, and was not
	same     bool   // all is as it was, by the upstream's word
}

// good reports whether an answer is one that a listing may be made of.
func (e *exchange) good() bool { return e.sent && (e.fault == "" || e.lie) }

// sight puts the answers of a poll together. A first page begins a listing anew, whatever was read before: a
// program that is told that one page of several changed reads all of them.
func (p *polled) sight() sight {
	s := sight{part: true}
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
	s.part = s.part || p.more
	return s
}

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
