package bridge

import (
	"context"
	"time"
)

// An Exchange is one request of a poll and its answer, told so that no secret shows: the URL is without
// user information and without values of its query that are not plainly written in the config, and where
// the whole URL is a secret only its scheme and host are left. Of a request for a credential nothing but the
// server and its status is told.
type Exchange struct {
	Page     int           `json:"page"`          // from 1; a retry bears the number of the page it is for
	For      string        `json:"for,omitempty"` // the kind of the credential that was asked for; "" for a page
	Method   string        `json:"method"`
	URL      string        `json:"url"`
	Unsent   bool          `json:"unsent,omitempty"` // it was not even made; the note says why
	Status   int           `json:"status,omitempty"` // 0: there was no answer
	Duration time.Duration `json:"duration_ns"`      // until the answer was read
	Size     int64         `json:"size"`             // of the answer's body, decompressed
	Items    int           `json:"items"`            // that were yielded from it
	Limits   string        `json:"limits,omitempty"` // what the server said is left of its limits
	Note     string        `json:"note,omitempty"`   // what came of it: an error, a redirect, a wait, unchanged
}

// Say adds to what came of the exchange.
func (e *Exchange) Say(note string) {
	if e.Note != "" && note != "" {
		e.Note += "; "
	}
	e.Note += note
}

// Traced is what a source fulfils that can tell of its requests while it polls. PollTraced is Poll; it calls
// trace once for each exchange, in their order, from the goroutine that called it.
type Traced interface {
	PollTraced(ctx context.Context, since Cursor, yield func(Item) error, trace func(Exchange)) (Outcome, error)
}
