package expr

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hookbridge/hookbridge/bridge"
)

// Event returns the scope of expressions about an event: before, after, change and key, changed("/pointer"),
// and event for its envelope.
func Event(e bridge.Event) Scope {
	return Scope{Changed: e.Changed, Read: func(ref Ref) []byte {
		switch ref.Root {
		case "before":
			return ref.Path.Find(e.Before)
		case "after":
			return ref.Path.Find(e.After)
		case "change":
			return ref.Path.Find(quote(e.Change.String()))
		case "key":
			return ref.Path.Find(quote(e.Key))
		case "event":
			return ref.Path.Find(about(e))
		}
		return nil
	}}
}

// EventRoots are the roots of the scope that Event returns, but for event itself.
func EventRoots() []string { return []string{"before", "after", "change", "key"} }

func about(e bridge.Event) []byte {
	return marshal(map[string]any{
		"id": e.ID, "type": e.Type, "timestamp": e.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		"source": e.Source, "key": e.Key, "change": e.Change.String(), "revision": e.Revision, "snapshot": e.Snapshot,
	})
}

func quote(text string) []byte { return marshal(text) }

// marshal writes values that cannot fail to be written.
func marshal(value any) []byte {
	text, err := json.Marshal(value, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err)
	}
	return text
}
