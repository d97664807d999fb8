package deliver

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/veil"
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
	batch
	attempt store.Attempt
	err     error
	cut     bool // it was cut off, and does not count
	unbound bool // it was never made, because the batch could not be bound
}

// attempt sends once, under the sink's timeout. A batch that is new is bound before.
func (l *Loop) attempt(ctx context.Context, b batch) outcome {
	if err := l.bind(ctx, &b); err != nil {
		return outcome{batch: b, err: err, unbound: true}
	}
	late := &timeoutError{l.sink.Timeout}
	ctx, cancel := context.WithTimeoutCause(ctx, l.sink.Timeout, late)
	defer cancel()
	began, shown := time.Now(), l.options.Wall()
	crashpoint.Here(crashpoint.DeliverSend)
	receipt, err := l.send(ctx, b)
	crashpoint.Here(crashpoint.DeliverSent)
	o := outcome{batch: b, err: err}
	if receipt.Status == 0 {
		o.err = explain(ctx, err, late)
		o.cut = err != nil && errors.Is(context.Cause(ctx), errCut)
	}
	o.attempt = store.Attempt{
		Time:     shown,
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

// bind makes it durable what is in a new batch, so that it is the same after a kill.
func (l *Loop) bind(ctx context.Context, b *batch) error {
	if b.Size == 0 || b.bound {
		return nil
	}
	err := l.options.Store.Bind(context.WithoutCancel(ctx), b.deliveries(), b.Batch, b.made)
	if err != nil {
		return fmt.Errorf("bind batch: %w", err)
	}
	for i := range b.items {
		b.items[i].Batch = b.Batch
	}
	return nil
}

// send makes a panic of the sink an error that no retry can mend.
func (l *Loop) send(ctx context.Context, b batch) (receipt bridge.Receipt, err error) {
	defer func() {
		if value := recover(); value != nil {
			l.log.Error("sink panicked", "event", b.items[0].Event.ID, "stack", string(debug.Stack()))
			receipt, err = bridge.Receipt{}, bridge.Permanent(&panicError{value})
		}
	}()
	if b.Size > 0 {
		return l.sink.batcher().SendBatch(ctx, b.ID, b.events())
	}
	return l.sink.Sink.Send(ctx, b.items[0].Event)
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

// A panicError tells of a panic.
type panicError struct{ value any }

func (e *panicError) Error() string { return "send event: " + veil.Panicked("sink", e.value) }

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
