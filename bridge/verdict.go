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
	putOff
	refused
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

// PutOff ends a poll, or an attempt before its request, whose turn at its server has not come. It is no failure,
// and an attempt does not count as one: the core polls or attempts again after wait, whatever the schedule.
func PutOff(err error, wait time.Duration) error {
	return &verdict{cause: RetryAfter(err, wait), kind: putOff}
}

// Refused marks an answer of a source that will be the same until somebody changes something: wrong
// credentials, a collection that is not there. The next poll waits almost as long as polls ever wait.
func Refused(err error) error { return &verdict{cause: err, kind: refused} }

// IsPermanent reports whether err, or what it wraps, came from [Permanent].
func IsPermanent(err error) bool { return has(err, permanent) }

// IsGone reports whether err, or what it wraps, came from [Gone].
func IsGone(err error) bool { return has(err, gone) }

// IsPutOff reports whether err, or what it wraps, came from [PutOff].
func IsPutOff(err error) bool { return has(err, putOff) }

// IsRefused reports whether err, or what it wraps, came from [Refused].
func IsRefused(err error) bool { return has(err, refused) }

// Wait returns how long the other side asked to wait, and 0 where it asked nothing.
func Wait(err error) time.Duration {
	if v := find(err, throttled); v != nil {
		return v.wait
	}
	return 0
}

func has(err error, kind verdictKind) bool { return find(err, kind) != nil }

// find returns the outermost verdict of a kind: an error may bear several.
func find(err error, kind verdictKind) *verdict {
	for {
		v, ok := errors.AsType[*verdict](err)
		if !ok || v.kind == kind {
			return v
		}
		err = v.cause
	}
}
