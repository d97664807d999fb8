// Package line writes an event as one line of JSON, for the sinks that keep lines.
package line

import (
	"slices"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
)

// Of returns the payload of the event with its id before all else, and a line feed at the end:
// {"id":…,"type":…,"timestamp":…,"data":…}. No other line feed is in it, since the payload is minified.
func Of(e bridge.Event) []byte {
	payload := envelope.Standard(e)
	return slices.Concat([]byte(`{"id":"`), []byte(e.ID), []byte(`",`), payload[1:], []byte("\n"))
}
