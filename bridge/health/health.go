// Package health makes the events by which sources and sinks tell of themselves: that one fails, is held, was
// disabled, works again. They travel like every other event, to the sinks that asked for them.
package health

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// The types of events about sources and sinks.
const (
	SourceFailing   = "source.failing"   // the third poll in a row failed
	SourceRecovered = "source.recovered" // and now one went well
	SourceHeld      = "source.held"      // a poll would have sent more than its guards let pass
	SourceStale     = "source.stale"     // no change was seen for longer than expected
	SinkFailing     = "sink.failing"     // a delivery failed for the fourth time
	SinkRecovered   = "sink.recovered"   // and now one went well
	SinkDisabled    = "sink.disabled"    // the receiver asked for no more (410)
	DeliveryBuried  = "delivery.buried"  // a delivery was given up
)

// News is what an event about a source or a sink says.
type News struct {
	Type   string
	Source string // that it is about; "" where it is about a sink
	Sink   string
	Reason string    // for people
	Since  time.Time // when it began
	Detail map[string]any

	// Mark tells events apart that have type, subject and Since in common.
	Mark string
}

// data is what a receiver reads.
type data struct {
	Source string         `json:"source,omitzero"`
	Sink   string         `json:"sink,omitzero"`
	Reason string         `json:"reason"`
	Since  time.Time      `json:"since"`
	Detail map[string]any `json:"detail"`
}

// Append makes an event of the news, at an instant, for the recipients; nothing where there are none. An event
// about a sink bears the sink's name as its key, and no source. Calls with the same news give the same id.
func (n News) Append(state store.Identity, at time.Time, to []store.Recipient) []store.Append {
	if len(to) == 0 {
		return nil
	}
	body, err := json.Marshal(data{
		n.Source, n.Sink, strings.ToValidUTF8(n.Reason, "\uFFFD"), n.Since.UTC(), n.Detail,
	}, json.Deterministic(true))
	if err != nil {
		panic(err) // only a detail that is no JSON could cause it
	}
	out := store.Append{Event: bridge.Event{
		ID: n.id(state), Type: n.Type, Time: at, Source: n.Source, Key: n.Sink, Data: body,
	}}
	for _, recipient := range to {
		out.To = append(out.To, recipient.Target(state.Seed(), n.Source, n.Sink))
	}
	return []store.Append{out}
}

func (n News) id(state store.Identity) string {
	parts := []string{"health", n.Source, n.Type, n.Since.UTC().Format(time.RFC3339Nano)}
	if n.Sink != "" {
		parts = append(parts, n.Sink, n.Mark)
	}
	return store.EventID(state.Epoch(), parts...)
}

// Buried is the news of a delivery to a sink that was given up after so many attempts, at an instant.
func Buried(sink string, e bridge.Event, reason string, attempts int, at time.Time) News {
	return News{
		Type: DeliveryBuried, Sink: sink, Reason: reason, Since: at, Mark: e.ID,
		Detail: map[string]any{
			"event": e.ID, "type": e.Type, "source": e.Source, "key": e.Key, "attempts": attempts,
		},
	}
}

// AboutSink reports whether an event tells of a sink or of a delivery.
func AboutSink(e bridge.Event) bool { return e.Source == "" && e.Change == bridge.None }
