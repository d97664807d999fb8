package http

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// mostPages bounds a listing whose block does not.
const mostPages = 1000

// A place is where a page is asked for: at a URL that the server named, or under a value that goes into the
// request. The zero place is that of the first page where nothing marks it.
type place struct {
	url   *url.URL
	value []byte // page.value, as JSON
}

// String tells places apart, and stands for the place in a cursor.
func (a place) String() string {
	if a.url != nil {
		return a.url.String()
	}
	return string(a.value)
}

// A page is one answer that was read.
type page struct {
	number   int
	place    place
	answer   *fetch.Answer
	items    int      // that it held
	captured [][]byte // at paging.paths
}

// paging leads from page to page. The zero kind is a listing of one page.
type paging struct {
	kind    string
	max     int
	bounded bool       // max is the operator's: reaching it is a window, not an error
	stop    *expr.Expr // nil: the pages end as their kind does
	total   *expr.Expr // nil: nothing says how many items there are
	hosts   []string   // origins besides the source's own
	home    *url.URL
	way     way
	param   string // of the query, that carries the value of a place; "" where the request does it itself
	extra   [2]string
	paths   []document.Path // in body, that stop and way read
	local   bool            // the way on is told by the body alone
	stable  bool            // a place leads on later just as it does now
}

// A way finds the next page. It returns nil where there is none.
type way interface {
	first() place
	next(p *page, scope expr.Scope) (*place, error)
}

// first returns the place of the first page.
func (g *paging) first() place {
	if g.way == nil {
		return place{}
	}
	return g.way.first()
}

// mark puts a place into the query of a URL that is made for it.
func (g *paging) mark(u *url.URL, at place) {
	if text, ok := document.Text(at.value); ok && g.param != "" {
		fetch.SetQuery(u, g.param, text)
	}
	if name, size := g.extra[0], g.extra[1]; name != "" {
		fetch.SetQuery(u, name, size)
	}
}

// after finds the page after p. Where there is a stop rule it alone tells the last page, and looks at the
// page as the server sent it.
func (g *paging) after(p *page) (*place, error) {
	if g.way == nil {
		return nil, nil
	}
	scope := g.scope(p)
	if g.stop != nil {
		last, err := g.stop.Bool(scope)
		if err != nil {
			return nil, fmt.Errorf("evaluate stop: %w", err)
		}
		if last {
			return nil, nil
		}
	}
	next, err := g.way.next(p, scope)
	if err != nil || next == nil || next.url == nil {
		return next, err
	}
	return next, g.allows(next.url)
}

// allows refuses a next page on an origin that nobody named, and leaves out of its URL what is never sent.
func (g *paging) allows(next *url.URL) error {
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	if next.Scheme != "http" && next.Scheme != "https" || next.Host == "" {
		return errors.New("the next page is at no http or https URL")
	}
	origin := fetch.Origin(next)
	if origin == fetch.Origin(g.home) || slices.Contains(g.hosts, origin) {
		return nil
	}
	return fmt.Errorf("the next page is on another origin, %s: name it in hosts if that is right "+
		"(it gets no credentials)", origin)
}

// settled reports whether a page with the same body as the only page of the last listing is the only one
// again, or the only one of a longer listing that is read where it was cut.
func (g *paging) settled(answer *fetch.Answer, cut bool) bool {
	if _, ok := g.way.(byLink); ok {
		return g.grew(answer) == cut
	}
	return g.local
}

// doubt is what to hold against a 304 for the last page of what is remembered. Where further pages were there
// anyway, a link to one is no news.
func (g *paging) doubt(memory fetch.Memory) func(*fetch.Answer) bool {
	if memory.Cut {
		return certain
	}
	return g.grew
}

// grew reports whether the last page of the last listing now has one after it: a full page stays as it is
// when the list grows, and only its link tells.
func (g *paging) grew(answer *fetch.Answer) bool {
	_, ok := g.way.(byLink)
	return ok && fetch.Leads(answer.Header.Values("Link"), "next")
}
