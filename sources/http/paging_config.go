package http

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// pageBlock is the block page "kind" { … }.
//
// All kinds take max, the number of pages after which a poll is content with the newest part of the
// listing: where a further page waits then, the poll is a window and tells no deletes. They take stop, a
// rule that is true of the last page of the whole collection (to read only a part of it, use max), and
// hosts, further origins that a next page may be on. Under a cursor, cursor, next and link take resume: whether a
// listing that is broken off may go on at the next page later. A token usually stands for a place in the collection
// and may; a link is often a number of items to pass over, so that one has to say that it is not.
type pageBlock struct {
	Kind string    `hcl:"kind,label"`
	At   hcl.Range `hcl:"kind,label_range"`
	Body hcl.Body  `hcl:",remain"`
}

type linkBlock struct {
	Max    hcl.Expression `hcl:"max,optional"`
	Stop   hcl.Expression `hcl:"stop,optional"`
	Hosts  hcl.Expression `hcl:"hosts,optional"`
	Resume hcl.Expression `hcl:"resume,optional"`
}

type nextBlock struct {
	URL    hcl.Expression `hcl:"url"`
	Max    hcl.Expression `hcl:"max,optional"`
	Stop   hcl.Expression `hcl:"stop,optional"`
	Hosts  hcl.Expression `hcl:"hosts,optional"`
	Resume hcl.Expression `hcl:"resume,optional"`
}

type cursorPageBlock struct {
	Value  hcl.Expression `hcl:"value"`
	Param  hcl.Expression `hcl:"param,optional"`
	Max    hcl.Expression `hcl:"max,optional"`
	Stop   hcl.Expression `hcl:"stop,optional"`
	Hosts  hcl.Expression `hcl:"hosts,optional"`
	Resume hcl.Expression `hcl:"resume,optional"`
}

// countedBlock is a page "number" or "offset".
type countedBlock struct {
	Param     hcl.Expression `hcl:"param,optional"`
	Start     hcl.Expression `hcl:"start,optional"`
	SizeParam hcl.Expression `hcl:"size_param,optional"`
	Size      hcl.Expression `hcl:"size,optional"`
	Max       hcl.Expression `hcl:"max,optional"`
	Stop      hcl.Expression `hcl:"stop,optional"`
	Hosts     hcl.Expression `hcl:"hosts,optional"`
}

// valued reports whether pages are asked for by a value, which the request may read as page.value.
func (b *pageBlock) valued() bool {
	return slices.Contains([]string{"cursor", "number", "offset"}, b.Kind)
}

// pagingReader builds a paging.
type pagingReader struct {
	*setting.Reader
	eval   *hcl.EvalContext
	format format
	placed bool // the request itself reads page.value
	paging
}

func readPaging(t *templateReader, b *pageBlock, home *url.URL, f format) *pagingReader {
	p := &pagingReader{t.Reader, t.eval, f, t.reads["page"], paging{max: mostPages, home: home, local: true}}
	if b == nil {
		return p
	}
	p.kind = b.Kind
	switch b.Kind {
	case "link":
		p.link(b.Body)
	case "next":
		p.nextURL(b.Body)
	case "cursor":
		p.cursor(b.Body)
	case "number":
		p.number(b.Body)
	case "offset":
		p.offset(b.Body)
	default:
		kinds := []string{"link", "next", "cursor", "number", "offset"}
		p.Report(setting.Wrong(b.At, "Unknown kind of page", "%q is none of %s.%s",
			b.Kind, strings.Join(kinds, ", "), setting.Suggest(b.Kind, kinds)))
	}
	return p
}

func (p *pagingReader) link(body hcl.Body) {
	var b linkBlock
	p.Report(gohcl.DecodeBody(body, nil, &b))
	p.way, p.stable = byLink{}, p.Bool(b.Resume, false)
	p.common(b.Max, b.Stop, b.Hosts)
}

func (p *pagingReader) nextURL(body hcl.Body) {
	var b nextBlock
	p.Report(gohcl.DecodeBody(body, nil, &b))
	if fetch.Required(p.Reader, b.URL, "url") {
		p.way = byURL{p.compile(b.URL)}
	}
	p.stable = p.Bool(b.Resume, false)
	p.common(b.Max, b.Stop, b.Hosts)
}

func (p *pagingReader) cursor(body hcl.Body) {
	var b cursorPageBlock
	p.Report(gohcl.DecodeBody(body, nil, &b))
	if fetch.Required(p.Reader, b.Value, "value") {
		p.way = byCursor{p.compile(b.Value), setting.Given(b.Stop)}
	}
	p.stable = p.Bool(b.Resume, true)
	p.carrier(b.Param, "", body.MissingItemRange())
	p.common(b.Max, b.Stop, b.Hosts)
}

func (p *pagingReader) number(body hcl.Body) {
	b := p.counted(body, "page")
	start := p.Int(b.Start, 1, 0, 1_000_000)
	p.way = byNumber{start, p.size(b), setting.Given(b.Stop)}
	p.common(b.Max, b.Stop, b.Hosts)
}

func (p *pagingReader) offset(body hcl.Body) {
	b := p.counted(body, "offset")
	start := p.Int(b.Start, 0, 0, 1_000_000)
	p.way = byOffset{start, p.size(b), setting.Given(b.Stop)}
	p.common(b.Max, b.Stop, b.Hosts)
}

func (p *pagingReader) counted(body hcl.Body, param string) (b countedBlock) {
	p.Report(gohcl.DecodeBody(body, nil, &b))
	p.carrier(b.Param, param, body.MissingItemRange())
	return b
}

// carrier reads which parameter carries the value of a page. None has to where the request reads page.value.
func (p *pagingReader) carrier(x hcl.Expression, otherwise string, block hcl.Range) {
	if p.placed {
		otherwise = ""
	}
	before := len(p.Diagnostics())
	p.param = p.String(x, otherwise)
	switch {
	case len(p.Diagnostics()) > before, p.param != "" || p.placed && !setting.Given(x):
	case setting.Given(x):
		p.Fail(x, "Empty name", "Say which parameter of the query carries it.")
	default:
		p.Report(setting.Wrong(block, "Page without a way to ask for it",
			"Say with param which parameter of the query carries the value, or write page.value into the request."))
	}
}

func (p *pagingReader) size(b countedBlock) int {
	size := p.Int(b.Size, 0, 1, 1_000_000)
	p.extra = [2]string{p.String(b.SizeParam, ""), strconv.Itoa(size)}
	if p.extra[0] != "" && !setting.Given(b.Size) {
		p.Fail(b.SizeParam, "Size without a number", "Say with size how many items a page is to have.")
	}
	return size
}

func (p *pagingReader) common(most, stop, hosts hcl.Expression) {
	p.bounded = setting.Given(most)
	p.max = p.Int(most, mostPages, 1, 1_000_000)
	if setting.Given(stop) {
		p.stop = p.compile(stop)
	}
	for _, host := range p.Strings(hosts) {
		p.addHost(hosts, host)
	}
}

// compile compiles an expression over a page.
func (p *pagingReader) compile(x hcl.Expression) *expr.Expr {
	compiled := compileRule(p.Reader, p.eval, x, "page")
	if compiled == nil {
		return nil
	}
	for _, ref := range compiled.Refs() {
		p.note(x, ref)
	}
	return compiled
}

// note takes down what has to be read of each page for the expression.
func (p *pagingReader) note(x hcl.Expression, ref expr.Ref) {
	switch {
	case ref.Root == "page":
		return
	case ref.Root != "body":
		p.local = false
		return
	}
	if p.format.inLines() {
		p.Fail(x, "No body", "In %s there is nothing beside the items; use headers or status.", p.format.title())
		return
	}
	same := func(known document.Path) bool { return known.String() == ref.Path.String() }
	if !slices.ContainsFunc(p.paths, same) {
		p.paths = append(p.paths, ref.Path)
	}
}

// addHost reads host, host:port or an origin; without a scheme it is the source's own.
func (p *pagingReader) addHost(at hcl.Expression, host string) {
	if p.home == nil {
		return
	}
	text := host
	if !strings.Contains(text, "://") {
		text = p.home.Scheme + "://" + text
	}
	u, err := url.Parse(text)
	if err != nil || !isOrigin(u) {
		p.Fail(at, "Invalid host", "%q is no host such as \"api.example.com\", with a port or a scheme where these differ.", host)
		return
	}
	p.hosts = append(p.hosts, fetch.Origin(u))
}

// isOrigin reports whether a URL consists of scheme, host and port.
func isOrigin(u *url.URL) bool {
	web := u.Scheme == "http" || u.Scheme == "https"
	bare := (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.User == nil && u.Fragment == ""
	return web && bare && u.Hostname() != ""
}

func sortedNames(attributes hcl.Attributes) []string {
	return slices.Sorted(maps.Keys(attributes))
}
