package bridge

import (
	"errors"
	"net/http"
	"time"
)

// A Tape stands between a source and the servers that it asks. One that records notes the requests for pages and
// their answers; one that plays answers in the place of the servers. It is for one source, and is safe for
// concurrent use.
type Tape interface {
	// Conceal tells how to find out, at any time, what must not be written down. It is called before Through.
	Conceal(what func() Concealed)

	// Through returns what requests for pages go through on their way to next. They bear no credential of a block
	// auth yet, which next adds, and their answers are not compressed any more.
	Through(next http.RoundTripper) http.RoundTripper

	// Playing returns the time at which the tape was recorded, where it plays: no server is asked then, no
	// credential is got, and nothing waits.
	Playing() (at time.Time, plays bool)
}

// ErrPlayedOut is wrapped by the error of a request that a tape has answered as often as it can.
var ErrPlayedOut = errors.New("there is no further answer on the tape")

// Concealed is what a source keeps out of all that it tells. The source says Secrets, and the program around it the
// rest.
type Concealed struct {
	Secrets  []string
	Readings []Reading              // what the block of the source read from outside of the configuration
	Open     func(word string) bool // as in [Env]
}

// A Reading is a variable of the environment, a file or a credential that was read. Open says that it is no secret
// by the word of the configuration.
type Reading struct {
	Function, Name, Text string
	Open                 bool
}

// Resuming is what a source fulfils whose polls may list only what changed since the last one. Mark returns of a
// cursor what decides which items are asked for: it holds no validators, and nothing that depends on what the
// configuration holds. It is nil where a poll lists everything.
type Resuming interface {
	Mark(since Cursor) Cursor
}
