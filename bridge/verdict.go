package bridge

import (
	"errors"
	"time"
)

// A verdict is an error that says what to do next. The default, for an error without one, is to retry.
type verdict struct {
	cause error
	kind  verdictKind
	wait  time.Duration
}

type verdictKind uint8

const (
	permanent verdictKind = iota
	throttled
	gone
)

func (v *verdict) Error() string { return v.cause.Error() }
func (v *verdict) Unwrap() error { return v.cause }

// Permanent marks an error that no retry can mend: a delivery is buried at once.
func Permanent(err error) error { return &verdict{cause: err, kind: permanent} }

// RetryAfter marks an error after which the other side asked to be left alone for wait.
func RetryAfter(err error, wait time.Duration) error {
	return &verdict{cause: err, kind: throttled, wait: wait}
}

// Gone marks an answer by which the endpoint itself asks for no more events.
func Gone(err error) error { return &verdict{cause: err, kind: gone} }

// IsPermanent reports whether err, or what it wraps, came from [Permanent].
func IsPermanent(err error) bool { return has(err, permanent) }

// IsGone reports whether err, or what it wraps, came from [Gone].
func IsGone(err error) bool { return has(err, gone) }

// Wait returns how long the other side asked to wait, and 0 where it asked nothing.
func Wait(err error) time.Duration {
	if v, ok := errors.AsType[*verdict](err); ok && v.kind == throttled {
		return v.wait
	}
	return 0
}

func has(err error, kind verdictKind) bool {
	v, ok := errors.AsType[*verdict](err)
	return ok && v.kind == kind
}
