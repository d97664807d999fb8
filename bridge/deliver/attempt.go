package deliver

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Bounds of what is kept of an attempt, whatever a sink returns.
const (
	maxExcerpt = 4 << 10
	maxText    = 1 << 10
)

// errCut is why an attempt ends that outlasts the grace.
var errCut = errors.New("cut off by shutdown")

// An outcome is a finished attempt.
type outcome struct {
	delivery store.Delivery
	attempt  store.Attempt
	err      error
	cut      bool // it was cut off, and does not count
}

// attempt sends once, under the sink's timeout.
func (l *Loop) attempt(ctx context.Context, d store.Delivery) outcome {
	late := &timeoutError{l.sink.Timeout}
	ctx, cancel := context.WithTimeoutCause(ctx, l.sink.Timeout, late)
	defer cancel()
	began := time.Now()
	receipt, err := l.send(ctx, d.Event)
	o := outcome{delivery: d, err: err}
	if receipt.Status == 0 {
		o.err = explain(ctx, err, late)
		o.cut = err != nil && errors.Is(context.Cause(ctx), errCut)
	}
	o.attempt = store.Attempt{
		Time:     began,
		Duration: time.Since(began),
		Status:   receipt.Status,
		Excerpt:  clip(receipt.Excerpt, maxExcerpt),
	}
	if o.err != nil {
		o.attempt.Class = class(o.err, receipt.Status)
		o.attempt.Error = clip(o.err.Error(), maxText)
	}
	return o
}

// send makes a panic of the sink an error that no retry can mend.
func (l *Loop) send(ctx context.Context, e bridge.Event) (receipt bridge.Receipt, err error) {
	defer func() {
		if value := recover(); value != nil {
			l.log.Error("sink panicked", "event", e.ID, "stack", string(debug.Stack()))
			receipt, err = bridge.Receipt{}, bridge.Permanent(&panicError{value})
		}
	}()
	return l.sink.Sink.Send(ctx, e)
}

// explain names the timeout where that is what ended the attempt.
func explain(ctx context.Context, err error, late error) error {
	ended := err != nil && context.Cause(ctx) == late
	switch {
	case !ended || errors.Is(err, late) || bridge.IsPermanent(err) || bridge.IsGone(err):
		return err
	case err == context.DeadlineExceeded:
		return late
	}
	return fmt.Errorf("%w: %w", late, err)
}

// A timeoutError says which limit an attempt ran into.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("not done within timeout = %s", e.limit) }
func (e *timeoutError) Timeout() bool { return true }

// A panicError tells of a panic. The value is shown only where the runtime made it: one that a sink made
// could hold anything, secrets too.
type panicError struct{ value any }

func (e *panicError) Error() string {
	if cause, ok := e.value.(runtime.Error); ok {
		return "send event: sink panicked: " + cause.Error()
	}
	return fmt.Sprintf("send event: sink panicked with a %T", e.value)
}

// Class names the kind of failure.
func (e *panicError) Class() string { return "panic" }

// clip makes text valid UTF-8 of at most limit bytes.
func clip(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
