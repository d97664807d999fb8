package http

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// mostPages bounds a listing whose block does not.
const mostPages = 1000

// A page is one answer that was read.
type page struct {
	number   int
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
	paths   []document.Path // in body, that stop and way read
	local   bool            // the way on is told by the body alone
}

// A way finds the next page. It returns nil where there is none.
type way interface {
	next(p *page, scope expr.Scope) (*url.URL, error)
}

// first returns the URL of the first page.
func (g *paging) first(u *url.URL) *url.URL {
	if n, ok := g.way.(*byNumber); ok {
		return n.at(u, n.start)
	}
	return u
}

// after finds the page after p. Where there is a stop rule it alone tells the last page, and looks at the
// page as the server sent it.
func (g *paging) after(p *page) (*url.URL, error) {
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
	if err != nil || next == nil {
		return nil, err
	}
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	return next, g.allows(next)
}

// allows refuses a next page on an origin that nobody named.
func (g *paging) allows(next *url.URL) error {
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
// again.
func (g *paging) settled(answer *fetch.Answer) bool {
	if _, ok := g.way.(byLink); ok {
		return !g.grew(answer)
	}
	return g.local
}

// grew reports whether the only page of the last listing now has one after it: a full page stays as it is
// when the list grows, and only its link tells.
func (g *paging) grew(answer *fetch.Answer) bool {
	_, ok := g.way.(byLink)
	return ok && fetch.Next(answer.Header.Values("Link"), "next") != ""
}

// byLink follows the Link header.
type byLink struct{}

func (byLink) next(p *page, _ expr.Scope) (*url.URL, error) {
	target := fetch.Next(p.answer.Header.Values("Link"), "next")
	if target == "" {
		return nil, nil
	}
	return resolve(p, target)
}

// byURL follows what an expression says.
type byURL struct{ url *expr.Expr }

func (b byURL) next(p *page, scope expr.Scope) (*url.URL, error) {
	value, err := b.url.Value(scope)
	switch {
	case err != nil:
		return nil, fmt.Errorf("evaluate url: %w", err)
	case value.IsNull():
		return nil, nil
	case value.Type() != cty.String || !value.IsKnown():
		return nil, fmt.Errorf("the url of the next page is %s, not text", value.Type().FriendlyName())
	case strings.TrimSpace(value.AsString()) == "":
		return nil, nil
	}
	return resolve(p, strings.TrimSpace(value.AsString()))
}

// resolve reads a target against the URL that answered (RFC 3986, section 5.1.3).
func resolve(p *page, target string) (*url.URL, error) {
	parsed, err := url.Parse(target)
	if err != nil {
		return nil, errors.New("the URL of the next page cannot be read")
	}
	return p.answer.URL.ResolveReference(parsed), nil
}

// byNumber counts. Without a stop rule it ends after an empty page, or after one with fewer items than
// were asked for.
type byNumber struct {
	param, sizeParam string
	start, size      int
	base             *url.URL
	ruled            bool // there is a stop rule
}

func (n *byNumber) next(p *page, _ expr.Scope) (*url.URL, error) {
	if !n.ruled && (p.items == 0 || p.items < n.size) {
		return nil, nil
	}
	return n.at(n.base, n.start+p.number), nil
}

func (n *byNumber) at(base *url.URL, number int) *url.URL {
	u := *base
	fetch.SetQuery(&u, n.param, strconv.Itoa(number))
	if n.sizeParam != "" {
		fetch.SetQuery(&u, n.sizeParam, strconv.Itoa(n.size))
	}
	return &u
}

// seen notices a listing that goes in circles.
type seen struct {
	urls map[string]int   // page by URL
	sums map[[16]byte]int // page by body, where it had items
}

func newSeen(first *url.URL) *seen {
	return &seen{map[string]int{first.String(): 1}, map[[16]byte]int{}}
}

// check refuses a next page that was read before, and a server that answers the same page under each URL.
func (s *seen) check(p *page, next *url.URL) error {
	if p.items > 0 {
		if earlier, ok := s.sums[p.answer.Body.Sum]; ok {
			return fmt.Errorf("it is the same as page %d to the byte: does the server know the parameter of the page?", earlier)
		}
		s.sums[p.answer.Body.Sum] = p.number
	}
	if next == nil {
		return nil
	}
	if earlier, ok := s.urls[next.String()]; ok {
		return fmt.Errorf("the next page is page %d again: the listing goes in a circle", earlier)
	}
	s.urls[next.String()] = p.number + 1
	return nil
}
