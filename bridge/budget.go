package bridge

import (
	"context"
	"net/http"
	"time"
)

// A Budget bounds the requests that one or more sources make of a server, so that together they stay within
// what the operator and the server allow. Its methods are safe for concurrent use.
type Budget interface {
	// Acquire waits until it is the source's turn to make one request. Where that would be after the deadline
	// of ctx, or in more than a moment for a poll that has made none yet, it returns [PutOff] at once; and the
	// error of ctx where that ends first.
	Acquire(ctx context.Context, source string) (Permit, error)

	// Wait returns how long the server asks the source not to come back, and 0 where it does not.
	Wait(source string) time.Duration

	// Leave says that the source's poll is over, and with it its turn.
	Leave(source string)
}

// A Permit is for one request, of which Observe has to be called once.
type Permit interface {
	// Waited returns how long the request had to wait, and for what.
	Waited() (wait time.Duration, reason string)

	// Observe tells what the server answered; status is 0 where there was no answer.
	Observe(status int, header http.Header)
}
