package http

import (
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/transcode"
)

// csvBlock is the block csv { … }, which says how a table is written where it is not written as RFC 4180 has
// it: the character between the columns, whether the first row holds their names (without them a row is a
// list, as in key = item[0]), and the charset, which goes before what the answer says of itself.
type csvBlock struct {
	Delimiter hcl.Expression `hcl:"delimiter,optional"`
	Header    hcl.Expression `hcl:"header,optional"`
	Charset   hcl.Expression `hcl:"charset,optional"`
	At        hcl.Range      `hcl:",def_range"`
}

// table is how CSV is read.
type table struct {
	transcode.Table
	charset string // empty: as the answer says
}

func readTable(r *setting.Reader, b *block, f format) table {
	var t table
	if c := b.CSV; c != nil {
		if f != "" && f != formatCSV {
			r.Report(setting.Wrong(c.At, "Block csv for another format", "The format of the source is %s.", f.title()))
		}
		t.Delimiter = readDelimiter(r, c.Delimiter)
		t.Headless = !r.Bool(c.Header, true)
		t.charset = readCharset(r, c.Charset)
	}
	return t
}

func readDelimiter(r *setting.Reader, x hcl.Expression) rune {
	text := r.String(x, "")
	delimiter, size := utf8.DecodeRuneInString(text)
	switch {
	case !setting.Given(x):
		return 0
	case text == "" || size != len(text) || !transcode.Delimits(delimiter):
		r.Fail(x, "Invalid delimiter", "This takes one character, such as \";\" or \"\\t\", and neither a quote nor a line break.")
	}
	return delimiter
}

func readCharset(r *setting.Reader, x hcl.Expression) string {
	label := r.String(x, "")
	if label != "" && !transcode.Known(label) {
		r.Fail(x, "Unknown charset", "%q is no charset of the Encoding Standard, such as \"windows-1252\".", label)
	}
	return label
}

// readList reads where the items stand in a body, and in what.
func (s *Source) readList(r *setting.Reader, b *block) {
	s.members = r.OneOf(b.ItemsAs, "list", "list", "map") == "map"
	switch {
	case s.members && (s.format == formatNDJSON || s.format == formatCSV || s.format == formatXML):
		r.Fail(b.ItemsAs, "Items as a map", "This is for JSON; the format of the source is %s.", s.format.title())
	case !setting.Given(b.Items) && s.format == formatXML:
		r.Report(setting.Wrong(b.Format.Range(), "Missing items",
			"In XML, items has to lead to the elements of the list, as in items = body.rss.channel.item."))
	}
	if !setting.Given(b.Items) {
		return
	}
	if s.format.inLines() {
		r.Fail(b.Items, "Items of lines", "In %s each line is an item; leave items out.", s.format.title())
		return
	}
	path, diags := expr.Path(b.Items, "body", true)
	r.Report(diags)
	s.list = path
	if _, err := transcode.Names(path); err != nil && s.format == formatXML && !diags.HasErrors() {
		r.Fail(b.Items, "No path to elements", "This cannot be read from XML: %s.", err)
	}
}
