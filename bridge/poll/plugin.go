package poll

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"unicode/utf8"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/veil"
)

// maxKey bounds the key of an item, in bytes.
const maxKey = 64 << 10

// list has the plugin yield its items, within the source's timeout, to a function that runs under its context. A plugin
// that breaks the contract ([bridge.Source]) has failed, whatever it says itself: above all, one that went on after an
// item was not taken, or after its time, may have seen the end of nothing.
func (s *Settings) list(
	ctx context.Context, since bridge.Cursor, take func(context.Context, bridge.Item) error, trace func(bridge.Exchange),
) (bridge.Outcome, error) {
	late := fmt.Errorf("the poll took longer than its timeout of %s", s.Timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, s.Timeout, late)
	defer cancel()
	l := listing{take: func(item bridge.Item) error { return take(ctx, item) }}
	outcome, err := s.yield(ctx, since, l.yield, trace)
	switch {
	case err == nil:
		err = l.verdict(ctx, outcome)
	case errors.Is(context.Cause(ctx), late) && !errors.Is(err, late):
		err = fmt.Errorf("%w: %w", late, err)
	}
	return outcome, err
}

func (s *Settings) yield(
	ctx context.Context, since bridge.Cursor, yield func(bridge.Item) error, trace func(bridge.Exchange),
) (outcome bridge.Outcome, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{veil.Panicked("the source", value), string(debug.Stack())}
		}
	}()
	if traced, ok := s.Source.(bridge.Traced); ok && trace != nil {
		return traced.PollTraced(ctx, since, yield, trace)
	}
	return s.Source.Poll(ctx, since, yield)
}

// A panicError tells of a panic.
type panicError struct {
	what  string
	stack string
}

func (e *panicError) Error() string { return e.what }

// stackOf is what a log says besides of a panic.
func stackOf(err error) []any {
	if panicked, ok := errors.AsType[*panicError](err); ok {
		return []any{"stack", panicked.stack}
	}
	return nil
}

// A listing is what a plugin has yielded in one poll.
type listing struct {
	take    func(bridge.Item) error
	items   int
	refused error // the first error that yield returned
}

func (l *listing) yield(item bridge.Item) error {
	l.items++
	err := checked(item)
	if err == nil {
		err = l.take(item)
	}
	if l.refused == nil {
		l.refused = err
	}
	return err
}

// checked says what is wrong with an item that no source may yield. That its body is valid JSON is up to the plugin:
// to look once more would cost as much as all the rest of a poll.
func checked(item bridge.Item) error {
	switch {
	case item.Key == "":
		return errors.New("an item has no key")
	case len(item.Key) > maxKey:
		return fmt.Errorf("the key of an item, %.40q…, takes %d bytes, and may take %d", item.Key, len(item.Key), maxKey)
	case !utf8.ValidString(item.Key):
		return fmt.Errorf("the key of an item, %.80q, is not valid UTF-8", item.Key)
	case len(item.Body) == 0 && !item.Deleted:
		return fmt.Errorf("item %.80q has no body", item.Key)
	}
	return nil
}

// verdict says what is wrong with an outcome without an error. A listing that goes on may end with its time.
func (l *listing) verdict(ctx context.Context, o bridge.Outcome) error {
	ended := ctx.Err() != nil
	switch {
	case o.Coverage == bridge.Skipped:
		return nil
	case l.refused != nil && (!ended || !o.More):
		return l.refused
	case ended && !o.More:
		return context.Cause(ctx)
	case o.More && o.Coverage != bridge.Changes:
		return fmt.Errorf("the source says of a listing that goes on that it covers %q", o.Coverage)
	case o.Coverage > bridge.Skipped:
		return fmt.Errorf("the source says that its listing covers %q", o.Coverage)
	case o.Coverage == bridge.Unchanged && l.items > 0:
		return fmt.Errorf("the source says that nothing changed, and yielded %d items", l.items)
	}
	return nil
}
