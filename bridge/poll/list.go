package poll

import (
	"context"
	"errors"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A Listing is what came of a poll whose items nobody took.
type Listing struct {
	Began   time.Time
	Took    time.Duration
	Items   int
	Outcome bridge.Outcome
}

// List has a source list its items from a cursor on that is picked by what is known of it, and counts them: nothing
// is compared, and nothing is kept. The exchanges with the API go to trace, where that is not nil and the source
// tells them.
func List(
	ctx context.Context, o Options, s Settings, from func(store.Memory) (bridge.Cursor, error), trace func(bridge.Exchange),
) (Listing, error) {
	l := Listing{Began: o.clock()()}
	memory, err := o.Store.Memory(ctx, s.Name)
	if err != nil {
		return l, err
	}
	since, err := from(memory)
	if err != nil {
		return l, err
	}
	count := func(context.Context, bridge.Item) error { l.Items++; return nil }
	l.Outcome, err = s.list(ctx, since, count, trace)
	l.Took = o.clock()().Sub(l.Began)
	return l, err
}

// List is the function of that name for a source of a running loop: it waits for a poll under way, and none begins
// meanwhile. The settings may be newer than the loop's own.
func (l *Loop) List(
	ctx context.Context, s Settings, from func(store.Memory) (bridge.Cursor, error), trace func(bridge.Exchange),
) (listing Listing, err error) {
	asked := l.aside(ctx, s.Name, func(ctx context.Context) { listing, err = List(ctx, l.Options, s, from, trace) })
	return listing, errors.Join(asked, err)
}

// aside runs work in the place of a poll of a source, or at once where there is no source of the name.
func (l *Loop) aside(ctx context.Context, name string, work func(context.Context)) error {
	done := make(chan struct{})
	poll := func(r *run, running context.Context) error {
		r.dry = true
		defer close(done)
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(running, func() { cancel(ErrStopped) })()
		work(ctx)
		return nil
	}
	err := l.with(ctx, name, func(running context.Context, s *source) error {
		l.begin(running, s, poll, nil)
		return nil
	})
	switch {
	case errors.Is(err, ErrUnknown):
		work(ctx)
	case err != nil:
		return err
	default:
		<-done
	}
	return nil
}
