package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Errors that callers tell apart. A [Bridge] may wrap ErrConflict and ErrInvalid; the errors of a [Client]
// match all but ErrTaken, and [store.ErrNotFound], [store.ErrFull] and [poll.ErrStopped] besides.
var (
	ErrTaken       = errors.New("address is taken")             // by Listen
	ErrUnreachable = errors.New("daemon is not reachable")      // nothing answers at the address
	ErrDenied      = errors.New("access denied")                // the token is missing or wrong
	ErrUsage       = errors.New("wrong request")                // the request itself has a mistake
	ErrConflict    = errors.New("not possible as things stand") // such as releasing a source that is not held
	ErrInvalid     = errors.New("invalid configuration")        // nothing was changed
)

// Error is a request that was refused, or failed.
type Error struct {
	Status  int // of HTTP
	Message string
}

func (e *Error) Error() string { return e.Message }

func usage(format string, args ...any) error {
	return &Error{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// Is matches the error with those of this package, and of the packages behind it, by its status.
func (e *Error) Is(target error) bool {
	switch e.Status {
	case http.StatusNotFound:
		return target == store.ErrNotFound
	case http.StatusServiceUnavailable:
		return target == poll.ErrStopped
	case http.StatusUnauthorized, http.StatusForbidden:
		return target == ErrDenied
	case http.StatusConflict:
		return target == ErrConflict
	case http.StatusUnprocessableEntity:
		return target == ErrInvalid
	case http.StatusInsufficientStorage:
		return target == store.ErrFull
	}
	return target == ErrUsage && e.Status >= 400 && e.Status < 500
}

// statusOf returns the status that fits an error.
func statusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, poll.ErrUnknown):
		return http.StatusNotFound
	case errors.Is(err, ErrConflict):
		return http.StatusConflict
	case errors.Is(err, ErrInvalid):
		return http.StatusUnprocessableEntity
	case errors.Is(err, ErrUsage):
		return http.StatusBadRequest
	case errors.Is(err, poll.ErrStopped), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	case errors.Is(err, store.ErrFull):
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}
