package admin

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// The types of this file and of wire_event.go are what goes over the wire. Times are RFC 3339, durations
// text such as "1m30s", and what is not there is left out.

// Status is the daemon at a glance.
type Status struct {
	Version string           `json:"version"`
	Started time.Time        `json:"started"`          // since when it answers operators
	Ready   bool             `json:"ready"`            // it polls and delivers
	Reason  string           `json:"reason,omitempty"` // why it is not ready
	Sources Counts           `json:"sources"`
	Queue   map[string]Queue `json:"queue"` // by sink
}

// Counts counts sources by their state, and apart from that those that poll at this moment.
type Counts struct {
	Total   int `json:"total"`
	OK      int `json:"ok"`
	New     int `json:"new"`
	Failing int `json:"failing"`
	Held    int `json:"held"`
	Paused  int `json:"paused"`
	Blocked int `json:"blocked"`
	Polling int `json:"polling"`
}

// Queue is what waits for a sink.
type Queue struct {
	Pending int       `json:"pending"`
	Dead    int       `json:"dead"`            // dead letters
	Oldest  time.Time `json:"oldest,omitzero"` // when the oldest pending delivery was queued
}

// The states of a source. Where several fit, the first of this list is told.
const (
	StatePaused  = "paused"  // by an operator
	StateBlocked = "blocked" // like all others: the disk of the state is almost full
	StateHeld    = "held"    // by its guard, until released or until the changes are within bounds again
	StateFailing = "failing" // its last poll failed
	StateNew     = "new"     // no good poll yet
	StateOK      = "ok"
)

// Source is where a source stands.
type Source struct {
	Name         string    `json:"name"`
	Kind         string    `json:"kind"`
	State        string    `json:"state"`
	Every        string    `json:"every"`        // the interval between polls as it is now, or a cron expression with its zone
	Due          time.Time `json:"due,omitzero"` // the next poll; none while it polls or is paused
	Polling      bool      `json:"polling"`
	Items        int       `json:"items"`                  // known
	Baseline     time.Time `json:"baseline,omitzero"`      // the first complete poll
	Polled       time.Time `json:"polled,omitzero"`        // the last good poll
	Changed      time.Time `json:"changed,omitzero"`       // the last change that was seen
	NotBefore    time.Time `json:"not_before,omitzero"`    // the server asked not to be polled sooner
	Failures     int       `json:"failures"`               // since the last good poll
	FailingSince time.Time `json:"failing_since,omitzero"` // the first of them
	Reason       string    `json:"reason,omitempty"`       // of the last one
	Hold         *Hold     `json:"hold,omitempty"`
	Released     bool      `json:"released"`   // the next poll passes the guard
	Rebaseline   bool      `json:"rebaseline"` // the next good poll is a baseline
	Pending      int       `json:"pending"`    // items whose change or absence waits to be confirmed
	Stale        bool      `json:"stale"`      // no change was seen for longer than expected
	Paused       bool      `json:"paused"`
}

// Hold says why a source's changes are held back.
type Hold struct {
	Since   time.Time `json:"since"`
	Reason  string    `json:"reason"`
	Deletes int       `json:"deletes"` // that the last held poll would have made
	Events  int       `json:"events"`  // that it would have sent, as far as they were counted
	Known   int       `json:"known"`   // items known at that time

	Rebaseline bool `json:"rebaseline"` // a new baseline ends it, and no release
}

// Report says how a poll went.
type Report struct {
	Source     string    `json:"source"`
	Started    time.Time `json:"started"`
	Took       string    `json:"took"`
	Error      string    `json:"error,omitempty"`    // why it failed: nothing of it was kept
	Coverage   string    `json:"coverage,omitempty"` // changes, window, complete or unchanged; of a poll that went well
	More       bool      `json:"more"`               // a part of a long listing: the next poll goes on with it
	Seen       int       `json:"seen"`               // items that were listed
	Duplicates int       `json:"duplicates"`         // of them with the key of another
	Created    int       `json:"created"`
	Updated    int       `json:"updated"`
	Deleted    int       `json:"deleted"`
	Forgotten  int       `json:"forgotten"` // items that left a window long ago
	Events     int       `json:"events"`    // that leave
	Items      int       `json:"items"`     // known after it
	Baseline   bool      `json:"baseline"`  // it was the first good one, or a new baseline
	Hold       *Hold     `json:"hold,omitempty"`

	Exchanges []Exchange `json:"exchanges,omitempty"` // the requests that were made, where that was asked for
}

// PollRequest says what to tell of a poll.
type PollRequest struct {
	Trace bool `json:"trace,omitempty"` // each request that it makes
}

// Plan is what a poll would do now. Where Report has an error, it is what went wrong, and there are no changes.
type Plan struct {
	Report    Report          `json:"report"`
	Silent    bool            `json:"silent"` // it would be the baseline, of which nothing is sent
	Changes   []PlannedChange `json:"changes"`
	Omitted   int             `json:"omitted"`   // changes beyond those listed
	Exchanges []Exchange      `json:"exchanges"` // the requests that were made, as far as the source tells them
}

// RecordRequest says what to record.
type RecordRequest struct {
	SinceLast bool `json:"since_last,omitempty"` // what the next poll would list, not everything
}

// Recording says what came of a poll that was recorded.
type Recording struct {
	Source    string    `json:"source"`
	Started   time.Time `json:"started"`
	Took      string    `json:"took"`
	Error     string    `json:"error,omitempty"`    // why the poll failed: it was recorded as far as it came
	Coverage  string    `json:"coverage,omitempty"` // changes, window or complete; of a poll that went well
	Items     int       `json:"items"`              // that were listed
	Exchanges int       `json:"exchanges"`          // that were recorded
}

// PlannedChange is one change, and the events that would leave for it.
type PlannedChange struct {
	Change string         `json:"change"` // created, updated or deleted
	Key    string         `json:"key"`
	Events []PlannedEvent `json:"events"`
}

// PlannedEvent is an event that would leave.
type PlannedEvent struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Sinks   []string       `json:"sinks"`
	Bury    string         `json:"bury,omitempty"` // why it would be a dead letter from the start
	Payload jsontext.Value `json:"payload,omitzero"`
	Large   bool           `json:"large,omitzero"` // the payload is left out, because the plan is large enough
}

// Exchange is one request that a source made, and its answer.
type Exchange struct {
	Page     int    `json:"page"`          // from 1
	For      string `json:"for,omitempty"` // the kind of the credential that was asked for; none: it was for the page
	Method   string `json:"method"`
	URL      string `json:"url"`             // without what may be secret
	Unsent   bool   `json:"unsent,omitzero"` // it was not even made; the note says why
	Status   int    `json:"status,omitzero"` // 0: there was no answer
	Duration string `json:"duration"`
	Size     int64  `json:"size"` // bytes of the answer's body
	Items    int    `json:"items"`
	Limits   string `json:"limits,omitempty"` // what the server said is left of its limits
	Note     string `json:"note,omitempty"`
}

// The states of a sink. Where several fit, the first of this list is told. Those of sources that are ok are the
// same word.
const (
	SinkDisabled = "disabled" // its receiver asked for no more (410), until resumed
	SinkPaused   = "paused"   // by an operator
	SinkBroken   = "broken"   // its endpoint fails for everyone: single attempts are made until it answers
	SinkFailing  = "failing"  // deliveries fail
)

// Sink is a sink and what waits for it. One that is no longer configured, but has something waiting, has no
// kind and no state.
type Sink struct {
	Name        string    `json:"name"`
	Kind        string    `json:"kind,omitempty"`
	State       string    `json:"state,omitempty"`
	Since       time.Time `json:"since,omitzero"`   // of the state, where it is not ok and that is known
	Reason      string    `json:"reason,omitempty"` // of the state
	Until       time.Time `json:"until,omitzero"`   // no attempt before this: the endpoint fails, or asked for a pause
	Order       string    `json:"order,omitempty"`  // key, strict or none
	Concurrency int       `json:"concurrency"`
	Attempting  int       `json:"attempting"` // attempts under way
	Queue       Queue     `json:"queue"`
}

// Health is the answer of /healthz and /readyz where all is well.
type Health struct {
	Status string `json:"status"` // ok
}
