package webhook

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"strings"
)

// A fault is an error of net/http that has no type of its own, with the kind of failure that it is.
type fault struct {
	cause error
	class string
	text  string // instead of that of the cause, where that says nothing
}

func (f *fault) Error() string { return cmp.Or(f.text, f.cause.Error()) }
func (f *fault) Unwrap() error { return f.cause }

// Class names the kind of failure.
func (f *fault) Class() string { return f.class }

// classify names the kind of those errors of the transport that only their text tells apart: "reset" where the
// receiver ended a connection or a stream, "protocol" where what it said is no HTTP, or more of it than is read, and
// "tls". Others stay as they are.
func classify(err error) error {
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	for _, known := range []struct{ part, class, text string }{
		{"http: server closed idle connection", "reset", ""},
		{"readLoopPeekFailLocked: ", "protocol", "the receiver spoke before it was asked"},
		{"http2: Transport: cannot retry err", "reset", ""}, // a stream or all of them, which the receiver refused
		{"stream error: ", "reset", ""},
		{"http2: server sent GOAWAY", "reset", ""},
		{"http2: client conn", "reset", ""},
		{"http2: ", "protocol", ""},
		{"connection error: ", "protocol", ""},
		{"malformed ", "protocol", ""},
		{"HTTP/1.x transport connection broken: ", "protocol", ""},
	} {
		if strings.Contains(err.Error(), known.part) {
			return &fault{err, known.class, known.text}
		}
	}
	if strings.HasPrefix(err.Error(), "tls: ") {
		return &fault{err, "tls", ""}
	}
	return err
}
