// Package envelope writes the payload that a receiver gets of an event.
package envelope

import "github.com/hookbridge/hookbridge/bridge"

// Standard returns {"type":…,"timestamp":…,"data":…}, minified.
func Standard(e bridge.Event) []byte { panic("to be written") }

// Data returns the event's data: its own, or the standard data.
func Data(e bridge.Event) []byte { panic("to be written") }

// Truncated returns the payload without before and after, and with "truncated":true in its data.
func Truncated(e bridge.Event) []byte { panic("to be written") }
