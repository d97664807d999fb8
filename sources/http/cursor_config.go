package http

import (
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// cursorBlock is the block cursor. It has either field, an instant of each item, or what the last page of an
// answer bears: a token, or with url the whole URL to go on from.
//
// With start the collection of the source is what changed since then: older items are never yielded, by a full
// listing neither. Overlap is by default the shortest time that format and send can tell, so that what bears
// the same instant as the newest item, but comes later, is not missed where the server lists only what is newer.
//
// Sorted says that the server lists by ascending field: a listing that is broken off goes on from the newest item
// that it held, however the pages are asked for.
type cursorBlock struct {
	At        hcl.Range      `hcl:",def_range"`
	Field     hcl.Expression `hcl:"field,optional"`
	Token     hcl.Expression `hcl:"token,optional"`
	URL       hcl.Expression `hcl:"url,optional"`
	Param     hcl.Expression `hcl:"param,optional"`
	Format    hcl.Expression `hcl:"format,optional"`
	Zone      hcl.Expression `hcl:"zone,optional"`
	Send      hcl.Expression `hcl:"send,optional"`
	Start     hcl.Expression `hcl:"start,optional"`
	Overlap   hcl.Expression `hcl:"overlap,optional"`
	Lag       hcl.Expression `hcl:"lag,optional"`
	Retention hcl.Expression `hcl:"retention,optional"`
	Deleted   hcl.Expression `hcl:"deleted,optional"`
	Sorted    hcl.Expression `hcl:"sorted,optional"`
}

// reconcileBlock is the block reconcile.
type reconcileBlock struct {
	At    hcl.Range      `hcl:",def_range"`
	Every hcl.Expression `hcl:"every"`
}

// year bounds spans of time.
const year = 366 * 24 * time.Hour

// cursorReader builds a cursor.
type cursorReader struct {
	*pagingReader
	b     *cursorBlock
	reads bool // the request itself reads cursor.value
	cursor
}

func readCursor(p *pagingReader, b *block, reads bool) *cursor {
	if b.Cursor == nil {
		if b.Reconcile != nil {
			p.Report(setting.Wrong(b.Reconcile.At, "Nothing to reconcile",
				"Without a block cursor every poll is a full listing already."))
		}
		return nil
	}
	c := &cursorReader{pagingReader: p, b: b.Cursor, reads: reads}
	if c.readSource() {
		c.readCarrier()
	}
	c.keeps = c.Duration(c.b.Retention, 0, time.Hour, 10*year)
	if setting.Given(c.b.Deleted) {
		c.gone = c.ofItem(c.b.Deleted)
	}
	if b.Reconcile != nil && fetch.Required(p.Reader, b.Reconcile.Every, "every") {
		c.sweeps = c.Duration(b.Reconcile.Every, 0, time.Minute, year)
	}
	return &c.cursor
}

// readSource reads what the cursor is made of, and reports whether that is one thing.
func (c *cursorReader) readSource() bool {
	given := 0
	for _, x := range []hcl.Expression{c.b.Field, c.b.Token, c.b.URL} {
		if setting.Given(x) {
			given++
		}
	}
	if given != 1 {
		c.Report(setting.Wrong(c.b.At, "One cursor",
			"Say where the cursor comes from: field, an instant of each item; token, of the last page; or url, of the last page."))
		return false
	}
	switch {
	case setting.Given(c.b.Field):
		c.readField()
	case setting.Given(c.b.Token):
		c.token = c.compile(c.b.Token)
		c.onlyInstants()
	case setting.Given(c.b.URL):
		c.token, c.whole = c.compile(c.b.URL), true
		c.onlyInstants()
	}
	return true
}

// onlyInstants refuses what has no meaning for a token.
func (c *cursorReader) onlyInstants() {
	for name, x := range map[string]hcl.Expression{
		"format": c.b.Format, "zone": c.b.Zone, "send": c.b.Send, "start": c.b.Start, "overlap": c.b.Overlap, "lag": c.b.Lag,
		"sorted": c.b.Sorted,
	} {
		if setting.Given(x) {
			c.Fail(x, "Token without a time", "The argument %q goes with field: a token says nothing of time.", name)
		}
	}
}

func (c *cursorReader) readField() {
	if traversal, diags := hcl.AbsTraversalForExpr(c.b.Field); !diags.HasErrors() && len(traversal) > 1 {
		path, diags := expr.Path(c.b.Field, "item", false)
		c.Report(diags)
		c.field.path = path
	} else {
		c.field.rich = c.ofItem(c.b.Field)
	}
	zone := c.readZone()
	c.field.clock = c.readClock(c.b.Format, rfc3339, zone)
	c.write = c.readClock(c.b.Send, c.field.name, zone)
	if setting.Given(c.b.Zone) && !c.field.floating() && !c.write.floating() {
		c.Fail(c.b.Zone, "Zone without use", "Only a layout that names no zone needs one.")
	}
	c.readStart()
	c.over = c.Duration(c.b.Overlap, max(c.field.step(), c.write.step()), 0, year)
	c.lag = c.Duration(c.b.Lag, 0, 0, year)
	c.sorted = c.Bool(c.b.Sorted, false)
}

func (c *cursorReader) readZone() *time.Location {
	name := c.String(c.b.Zone, "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		c.Fail(c.b.Zone, "Unknown zone", "%q is no name of a time zone such as \"Europe/Paris\".", name)
		return time.UTC
	}
	return zone
}

func (c *cursorReader) readClock(x hcl.Expression, otherwise string, zone *time.Location) clock {
	found := clock{c.String(x, otherwise), zone}
	if found.isLayout() && !found.tells() {
		if x != nil && setting.Given(x) {
			c.Fail(x, "Unknown format", "%q is none of rfc3339, unix, unix_ms, and no layout of Go with a date, "+
				"such as \"2006-01-02 15:04:05\".", found.name)
		}
		return clock{rfc3339, zone}
	}
	return found
}

// readStart reads where the first poll begins: "-24h", or an instant.
func (c *cursorReader) readStart() {
	text := c.String(c.b.Start, "")
	if text == "" {
		return
	}
	if span, found := strings.CutPrefix(text, "-"); found {
		ago, err := setting.ParseDuration(span)
		if err == nil && ago > 0 && ago <= 100*year {
			c.ago = ago
			return
		}
	}
	for _, known := range []clock{{rfc3339, nil}, c.field.clock} {
		if at, err := known.read(quote(text)); err == nil {
			c.start = at
			return
		}
	}
	c.Fail(c.b.Start, "Invalid start", "%q is neither a time before the first poll, such as \"-24h\", nor an instant.", text)
}

// readCarrier reads how the cursor gets into the request.
func (c *cursorReader) readCarrier() {
	given := setting.Given(c.b.Param)
	before := len(c.Diagnostics())
	c.param = c.String(c.b.Param, "")
	switch {
	case len(c.Diagnostics()) > before:
	case c.whole && (given || c.reads):
		c.Report(setting.Wrong(c.b.At, "Cursor in two places", "The URL to go on from is all of the next request: leave param and cursor.value out."))
	case given && c.param == "":
		c.Fail(c.b.Param, "Empty name", "Say which parameter of the query carries the cursor.")
	case !given && !c.reads && !c.whole:
		c.Report(setting.Wrong(c.b.At, "Cursor that goes nowhere",
			"Say with param which parameter of the query carries it, or write cursor.value into the request."))
	}
}

// ofItem compiles an expression over an item.
func (c *cursorReader) ofItem(x hcl.Expression) *expr.Expr {
	compiled, diags := expr.Compile(x, c.eval, "item")
	c.Report(diags)
	if diags.HasErrors() {
		return nil
	}
	if compiled.Sensitive() {
		c.Fail(x, "Secret in a rule", "Items are compared with what the config says openly.")
	}
	return compiled
}
