package envelope

import (
	"net/http"
	"strings"

	"github.com/hookbridge/hookbridge/bridge"
)

// The types of content of a CloudEvent over HTTP: of the whole event in structured mode, of several of them, and of
// the data of one.
const (
	TypeStructured = "application/cloudevents+json"
	TypeBatch      = "application/cloudevents-batch+json"
	TypeData       = "application/json"
)

// CloudEvents writes events as CloudEvents 1.0 (https://github.com/cloudevents/spec, the HTTP protocol binding
// and the JSON format). Base begins each source attribute, which is a URI reference, and the name of the
// source ends it: an event's id is unique among those of one such source. The subject is the key of the item.
type CloudEvents struct{ Base string }

// Structured returns the event as one JSON object with the data in it.
func (c CloudEvents) Structured(e bridge.Event, data []byte) []byte {
	b := make([]byte, 0, len(data)+len(e.Type)+len(e.Key)+len(c.Base)+256)
	b = appendString(append(b, `{"specversion":"1.0","id":`...), e.ID)
	b = appendString(append(b, `,"source":`...), c.source(e))
	b = appendString(append(b, `,"type":`...), e.Type)
	b = appendTime(append(b, `,"time":`...), e.Time, millis)
	if e.Key != "" {
		b = appendString(append(b, `,"subject":`...), e.Key)
	}
	b = append(append(b, `,"datacontenttype":"`+TypeData+`","data":`...), data...)
	return append(b, '}')
}

// Header returns the attributes as headers, for binary mode, in which the data is the body. The binding
// would have what is not plain ASCII percent-encoded, and the SDKs do not decode it: a key that is not plain
// goes without a subject, and is in the data anyway. All else is plain.
func (c CloudEvents) Header(e bridge.Event) http.Header {
	header := http.Header{}
	for name, value := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": e.ID, "Ce-Source": c.source(e), "Ce-Type": e.Type,
		"Ce-Time": e.Time.UTC().Format(millis), "Ce-Subject": plain(e.Key),
	} {
		if value != "" {
			header[name] = []string{value}
		}
	}
	return header
}

func (c CloudEvents) source(e bridge.Event) string {
	if e.Source == "" {
		return c.Base
	}
	return c.Base + "/" + e.Source
}

// plain returns a text that a header carries as it is in every reading of the binding, and "" for others.
func plain(text string) string {
	special := func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '%' }
	if strings.IndexFunc(text, special) >= 0 {
		return ""
	}
	return text
}
