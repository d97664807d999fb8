package admin

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Events is a part of the history, newest first.
type Events struct {
	Events []Event `json:"events"`
	More   bool    `json:"more"` // others fit the filter, beyond the limit
}

// Event is an event and its deliveries. A listing leaves out what changed, the payload, and the attempts.
type Event struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Time       time.Time      `json:"time"` // when the change was seen
	Source     string         `json:"source"`
	Key        string         `json:"key,omitempty"`
	Change     string         `json:"change,omitempty"` // created, updated or deleted; none: not about an item
	Revision   uint64         `json:"revision,omitempty"`
	Snapshot   bool           `json:"snapshot,omitempty"`
	Changed    []string       `json:"changed,omitempty"` // JSON Pointers
	Payload    jsontext.Value `json:"payload,omitzero"`  // in the standard format
	Deliveries []Delivery     `json:"deliveries"`
}

// Delivery is an event on its way to a sink.
type Delivery struct {
	Sink     string    `json:"sink"`
	State    string    `json:"state"`            // pending, delivered, dead or dropped
	Attempts int       `json:"attempts"`         // since it was queued or last redelivered
	Due      time.Time `json:"due,omitzero"`     // of the next attempt, when pending
	Reason   string    `json:"reason,omitempty"` // why it is dead
	Log      []Attempt `json:"log,omitempty"`    // the last attempts, oldest first
}

// Attempt is one request that was made.
type Attempt struct {
	Time     time.Time `json:"time"`
	Duration string    `json:"duration"`
	Status   int       `json:"status,omitempty"`  // 0: there was no answer
	Class    string    `json:"class,omitempty"`   // kind of failure
	Error    string    `json:"error,omitempty"`   // none: it succeeded
	Excerpt  string    `json:"excerpt,omitempty"` // the start of the answer
}

// DeadLetters is a part of the dead letters, newest first.
type DeadLetters struct {
	DeadLetters []DeadLetter `json:"deadletters"`
	More        bool         `json:"more"` // others fit the filter, beyond the limit
}

// DeadLetter is a delivery that was given up.
type DeadLetter struct {
	ID       string    `json:"id"` // of the event
	Type     string    `json:"type"`
	Time     time.Time `json:"time"` // of the event
	Source   string    `json:"source"`
	Key      string    `json:"key,omitempty"`
	Change   string    `json:"change,omitempty"`
	Revision uint64    `json:"revision,omitempty"`
	Sink     string    `json:"sink"`
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	Last     *Attempt  `json:"last,omitempty"`
}

// Filter picks events or dead letters for a listing. The zero value picks all.
type Filter struct {
	Since  time.Time // inclusive
	Until  time.Time // exclusive
	Source string
	Key    string
	Type   string
	Sink   string // with a delivery to this sink
	State  string // with a delivery in this state; not for dead letters
	Limit  int    // from 1 to MaxLimit; 0: DefaultLimit
}

// Bounds of a listing.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Replay picks recorded events by their ids, or by a filter, and names the sink that is to get them (again).
// So that nobody sends the whole history by mistake, a filter that picks everything needs All.
type Replay struct {
	Sink     string    `json:"sink"`
	IDs      []string  `json:"ids,omitempty"` // at most MaxLimit
	Since    time.Time `json:"since,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	Source   string    `json:"source,omitempty"`
	Key      string    `json:"key,omitempty"`
	Type     string    `json:"type,omitempty"`
	FromSink string    `json:"from_sink,omitempty"` // with a delivery to this sink
	All      bool      `json:"all,omitempty"`
}

// Pick picks dead letters: those of one event, to one sink where that is given, or those that fit a filter.
// A filter that picks everything needs All.
type Pick struct {
	ID     string    `json:"id,omitempty"`
	Sink   string    `json:"sink,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Source string    `json:"source,omitempty"`
	Key    string    `json:"key,omitempty"`
	Type   string    `json:"type,omitempty"`
	All    bool      `json:"all,omitempty"`
}

// Count says how far a replay, a retry or a drop went.
type Count struct {
	Matched int `json:"matched"` // events or dead letters that were picked
	Done    int `json:"done"`    // of them that were queued or dropped; the others had been already
}
