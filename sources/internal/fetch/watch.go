package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// A watching ends a request that gives no sign of life. It is for one request.
type watching struct {
	outer  context.Context // of the poll
	ctx    context.Context // of the request
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

// errSilent is the cause of an end for want of a sign of life.
var errSilent = errors.New("silent")

func watch(outer context.Context) *watching {
	ctx, cancel := context.WithCancelCause(outer)
	return &watching{outer: outer, ctx: ctx, cancel: cancel}
}

func (w *watching) start(patience time.Duration, complaint string) {
	w.timer = time.AfterFunc(patience, func() { w.cancel(silence{complaint}) })
}

func (w *watching) stop() { w.timer.Stop() }

func (w *watching) end() { w.cancel(context.Canceled) }

// explain says why the request ended: the poll's own end comes first, then the silence of the server.
func (w *watching) explain(err error) error {
	if ended := w.outer.Err(); ended != nil {
		return Ended(w.outer)
	}
	if cause := context.Cause(w.ctx); errors.Is(cause, errSilent) {
		return cause
	}
	return err
}

// Ended returns why the context of a poll ended: its error, and the cause that was given for it.
func Ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

type silence struct{ text string }

func (s silence) Error() string        { return s.text }
func (s silence) Is(target error) bool { return target == errSilent }

// body bounds the time that each read of an answer's body may take.
func (w *watching) body(body io.ReadCloser, patience time.Duration) io.ReadCloser {
	w.start(patience, fmt.Sprintf("no byte of the answer for %s (idle_timeout)", patience))
	w.stop()
	return &watchedBody{body, w, patience}
}

type watchedBody struct {
	io.ReadCloser
	watching *watching
	patience time.Duration
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watching.timer.Reset(b.patience)
	defer b.watching.timer.Stop()
	return b.ReadCloser.Read(p)
}
