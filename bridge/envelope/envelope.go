// Package envelope writes the payload that a receiver gets of an event, byte for byte: type, timestamp and
// data, as Standard Webhooks recommends it, or a CloudEvent. The bytes depend on the event alone, so that each
// attempt of its delivery carries the same.
package envelope

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
)

// The form of instants: RFC 3339 in UTC, with milliseconds for the event itself.
const (
	millis  = "2006-01-02T15:04:05.000Z"
	seconds = "2006-01-02T15:04:05.999Z"
)

// Standard returns {"type":…,"timestamp":…,"data":…}, minified, with the event's data.
func Standard(e bridge.Event) []byte { return Around(e, Data(e)) }

// Data returns the event's data: its own, or the standard data.
func Data(e bridge.Event) []byte {
	if e.Data != nil {
		return e.Data
	}
	b := appendSubject(make([]byte, 0, 256+len(e.Before)+len(e.After)), e)
	b = appendRaw(append(b, `,"before":`...), e.Before)
	b = appendRaw(append(b, `,"after":`...), e.After)
	return append(appendRest(b, e), '}')
}

// TruncatedData returns the data without before and after, and with "truncated":true in it. Data of the
// event's own is replaced by what names the item and its change.
func TruncatedData(e bridge.Event) []byte {
	b := appendSubject(nil, e)
	if e.Data == nil {
		b = appendRest(b, e)
	}
	return append(b, `,"truncated":true}`...)
}

// Around returns what [Standard] does, with other data.
func Around(e bridge.Event, data []byte) []byte {
	return around(append(make([]byte, 0, len(data)+len(e.Type)+64), '{'), e, data)
}

// Identified returns what [Around] does with the event's id before it, for where no header bears it.
func Identified(e bridge.Event, data []byte) []byte {
	b := append(make([]byte, 0, len(data)+len(e.Type)+128), `{"id":`...)
	return around(append(appendString(b, e.ID), ','), e, data)
}

func around(b []byte, e bridge.Event, data []byte) []byte {
	b = appendString(append(b, `"type":`...), e.Type)
	b = appendTime(append(b, `,"timestamp":`...), e.Time, millis)
	b = append(append(b, `,"data":`...), data...)
	return append(b, '}')
}

// appendSubject opens the data with what the event is about.
func appendSubject(b []byte, e bridge.Event) []byte {
	b = appendString(append(b, `{"source":`...), e.Source)
	b = appendString(append(b, `,"key":`...), e.Key)
	b = appendString(append(b, `,"change":`...), e.Change.String())
	return strconv.AppendUint(append(b, `,"revision":`...), e.Revision, 10)
}

// appendRest appends what tells of the change, beside the item itself.
func appendRest(b []byte, e bridge.Event) []byte {
	b = append(b, `,"changed":[`...)
	for i, pointer := range e.Changed {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, pointer)
	}
	b = append(b, ']')
	if e.Snapshot {
		b = append(b, `,"snapshot":true`...)
	}
	return appendObserved(b, e)
}

// appendObserved appends the window in which the change happened; an end that is not known is left out.
func appendObserved(b []byte, e bridge.Event) []byte {
	if e.From.IsZero() && e.To.IsZero() {
		return b
	}
	b = append(b, `,"observed":{`...)
	if !e.From.IsZero() {
		b = appendTime(append(b, `"from":`...), e.From, seconds)
	}
	if !e.To.IsZero() {
		if !e.From.IsZero() {
			b = append(b, ',')
		}
		b = appendTime(append(b, `"to":`...), e.To, seconds)
	}
	return append(b, '}')
}

func appendTime(b []byte, t time.Time, form string) []byte {
	b = t.UTC().AppendFormat(append(b, '"'), form)
	return append(b, '"')
}

func appendRaw(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	return append(b, raw...)
}

// appendString quotes text; what is not valid UTF-8 in it becomes U+FFFD.
func appendString(b []byte, text string) []byte {
	quoted, err := jsontext.AppendQuote(b, strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil {
		return append(b, `""`...)
	}
	return quoted
}
