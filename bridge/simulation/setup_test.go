package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A setup is a configuration: as the oracle understands it, and, written out, as the program does.
type setup struct {
	sources []source
	sinks   []sink
}

// A source is the block of that name.
type source struct {
	name       string
	previous   string
	collection *collection
	host       string
	mark       string // in the URL, of no meaning to the server
	every      time.Duration
	cron, zone string
	jitter     time.Duration
	timeout    time.Duration
	mode       mode
	page       string // kind of the pages
	size       int    // of a page
	emit       bool
	ignore     []string
	settle     int
	confirm    int
	deletes    string // guard.max_deletes; "" is the default
	events     int    // guard.max_events; 0 is none
	twice      string // on_duplicate_key
	key        string // expression
	overlap    time.Duration
	lag        time.Duration
	reconcile  time.Duration
	rules      []rule
	sinks      []string
	health     bool
	plain      bool // never asks whether anything changed
	out        bool // of the configuration, for a while
}

// A mode is what a source asks for.
type mode string

const (
	whole  mode = "whole"  // all items
	window mode = "window" // the newest ones
	since  mode = "since"  // what changed since the last poll
)

// A sink is the block of that name.
type sink struct {
	name        string
	order       string
	schedule    []time.Duration
	jitter      float64
	concurrency int
	timeout     time.Duration
	rate        float64
	health      bool
	out         bool
}

// A rule is an event block, as text and as what it means.
type rule struct {
	name string
	when string
	does func(kind string, before, after *item) bool
}

// rules are the event blocks that a source may have.
func rules() [][]rule {
	closed := rule{
		"closed", `change == "updated" && before.state == "open" && after.state == "closed"`,
		func(kind string, before, after *item) bool {
			return kind == "updated" && before.State == "open" && after.State == "closed"
		},
	}
	gone := rule{"gone", `change == "deleted"`, func(kind string, _, _ *item) bool { return kind == "deleted" }}
	all := rule{"any", "", func(string, *item, *item) bool { return true }}
	return [][]rule{nil, {closed}, {all, closed}, {gone, closed, all}}
}

func (s *setup) source(name string) *source {
	at := slices.IndexFunc(s.sources, func(one source) bool { return one.name == name && !one.out })
	if at < 0 {
		return nil
	}
	return &s.sources[at]
}

func (s *setup) sink(name string) *sink {
	at := slices.IndexFunc(s.sinks, func(one sink) bool { return one.name == name && !one.out })
	if at < 0 {
		return nil
	}
	return &s.sinks[at]
}

// clone returns a setup that can be edited.
func (s *setup) clone() *setup {
	return &setup{sources: slices.Clone(s.sources), sinks: slices.Clone(s.sinks)}
}

// ops is the sink that hears of the health of all others.
const ops = "ops"

func (s *setup) write() string {
	var text strings.Builder
	for _, one := range s.sources {
		if !one.out {
			one.write(&text, s)
		}
	}
	for _, one := range s.sinks {
		if !one.out {
			one.write(&text)
		}
	}
	return text.String()
}

func (s *source) write(text *strings.Builder, in *setup) {
	put := func(form string, values ...any) { fmt.Fprintf(text, form+"\n", values...) }
	put("source \"http\" %q {", s.name)
	defer put("}")
	put("url = %q\nitems = body.items\nkey = %s", s.url(), s.key)
	put("timeout = %q\njitter = %q", s.timeout, s.jitter)
	if s.cron != "" {
		put("cron = %q\nzone = %q", s.cron, s.zone)
	} else {
		put("every = %q", s.every)
	}
	if s.previous != "" {
		put("previous = %q", s.previous)
	}
	if s.emit {
		put(`initial = "emit"`)
	}
	if s.plain {
		put("conditional = false")
	}
	put("on_duplicate_key = %q", s.twice)
	s.writePages(put)
	s.writeCompare(put)
	s.writeGuard(put)
	s.writeCursor(put)
	s.writeSinks(put, in)
}

func (s *source) url() string {
	return fmt.Sprintf("http://%s/%s/%s?mark=%s", s.host, s.collection.name, s.name, s.mark)
}

func (s *source) writePages(put func(string, ...any)) {
	switch {
	case s.mode == window:
		put("query = { size = %d }\npage \"link\" {\nmax = 1\n}", s.size)
	case s.page == "link":
		put("query = { size = %d }\npage \"link\" {}", s.size)
	case s.page == "next":
		put("query = { size = %d }\npage \"next\" {\nurl = body.next\n}", s.size)
	case s.page == "cursor":
		put("query = { size = %d }\npage \"cursor\" {\nvalue = body.after\nparam = \"after\"\n}", s.size)
	case s.page != "":
		put("page %q {\nparam = %q\nsize_param = \"size\"\nsize = %d\n}", s.page, s.page, s.size)
	}
}

func (s *source) writeCompare(put func(string, ...any)) {
	if len(s.ignore) == 0 && s.settle == 0 {
		return
	}
	put("compare {")
	if len(s.ignore) > 0 {
		put("ignore = [item.%s]", strings.Join(s.ignore, ", item."))
	}
	if s.settle > 0 {
		put("settle = %d", s.settle)
	}
	put("}")
}

func (s *source) writeGuard(put func(string, ...any)) {
	put("guard {")
	if s.deletes != "" {
		put("max_deletes = %q", s.deletes)
	}
	if s.events > 0 {
		put("max_events = %d", s.events)
	}
	if s.confirm > 0 {
		put("confirm_polls = %d", s.confirm)
	}
	put("}")
}

func (s *source) writeCursor(put func(string, ...any)) {
	if s.mode != since {
		return
	}
	put("cursor {\nfield = item.updated_at\nparam = \"since\"\ndeleted = item.gone")
	if s.overlap > 0 {
		put("overlap = %q", s.overlap)
	}
	if s.lag > 0 {
		put("lag = %q", s.lag)
	}
	put("}\nreconcile {\nevery = %q\n}", s.reconcile)
}

func (s *source) writeSinks(put func(string, ...any), in *setup) {
	var names []string
	for _, name := range s.sinks {
		if in.sink(name) != nil {
			names = append(names, "sink."+name)
		}
	}
	put("sinks = [%s]", strings.Join(names, ", "))
	if s.health {
		put("health = [sink.%s]", ops)
	}
	for _, r := range s.rules {
		put("event %q {", s.name+"."+r.name)
		if r.when != "" {
			put("when = %s", r.when)
		}
		put("}")
	}
}

// secret is what the sinks sign with.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func (s *sink) write(text *strings.Builder) {
	waits := make([]string, len(s.schedule))
	for i, wait := range s.schedule {
		waits[i] = fmt.Sprintf("%q", wait)
	}
	fmt.Fprintf(text, "sink \"webhook\" %q {\nurl = \"http://%s.test/hook\"\nsecret = %q\norder = %q\n", s.name, s.name, secret, s.order)
	fmt.Fprintf(text, "timeout = %q\nconcurrency = %d\nretry {\nschedule = [%s]\njitter = \"%g%%\"\n}\n}\n",
		s.timeout, s.concurrency, strings.Join(waits, ", "), 100*s.jitter)
}
