package webhook

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// What the configuration calls the shapes in which an event leaves.
const (
	formatStandard   = "standard"
	formatStructured = "cloudevents"
	formatBinary     = "cloudevents_binary"
)

// A format is the shape in which an event leaves.
type format struct {
	name  string
	kind  string // the Content-Type
	fixed string // why the operator cannot give another one; "": they can
	write func(e bridge.Event, data []byte) []byte
	head  func(e bridge.Event) http.Header // what goes with the event in headers; nil: nothing
	many  *many                            // how several events leave together; nil: they do not
}

// readFormat takes the shape. A template takes the place of the whole payload, and of the data of a CloudEvent,
// which has attributes whatever its data are.
func readFormat(r *setting.Reader, given attributes, template bool) format {
	events := envelope.CloudEvents{Base: "/hookbridge"}
	before := len(r.Diagnostics())
	name := r.OneOf(given.Format, formatStandard, formatStandard, formatStructured, formatBinary)
	if setting.Given(given.CESource) && len(r.Diagnostics()) == before {
		events.Base = readBase(r, given.CESource, name)
	}
	f := format{name: name, kind: envelope.TypeData}
	switch {
	case name == formatStructured:
		f.kind, f.write, f.fixed = envelope.TypeStructured, events.Structured, "A structured CloudEvent has this one."
		f.many = &many{kind: envelope.TypeBatch, write: events.Structured}
		return f
	case name == formatBinary:
		f.write, f.head = bare, events.Header
	case template:
		f.write = bare
	default:
		f.write = envelope.Around
		f.many = &many{kind: envelope.TypeData, write: envelope.Identified}
	}
	if !template {
		f.fixed = "It may be given where a body template replaces the payload."
	}
	return f
}

// bare sends the data as they are.
func bare(_ bridge.Event, data []byte) []byte { return data }

// maxBase bounds what the source attribute begins with.
const maxBase = 256

// readBase takes the start of the source attribute, a URI reference of plain ASCII, without a slash at its end.
func readBase(r *setting.Reader, x hcl.Expression, format string) string {
	base := strings.TrimSuffix(r.String(x, ""), "/")
	u, err := url.Parse(base)
	special := func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`"<>\^{|}`+"`", c) }
	switch {
	case format == formatStandard:
		r.Fail(x, "Unused ce_source", `It is part of CloudEvents: give format = "cloudevents" or "cloudevents_binary", `+
			"or take it out.")
	case base == "" || len(base) > maxBase || err != nil || strings.ContainsFunc(base, special) ||
		u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		r.Fail(x, "Invalid ce_source", "It is what the source attribute of each event begins with, before the name of the "+
			`source: a URI or a path such as "https://bridge.example.com" or "/billing".`)
	}
	return base
}

// owns reports whether a header is the format's own, whoever gives it.
func (f format) owns(canonical string) bool {
	return f.name == formatBinary && strings.HasPrefix(canonical, "Ce-")
}
