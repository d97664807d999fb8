package http

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// childrenAtOnce bounds the listings of one poll that are under way.
const childrenAtOnce = 4

// A family is the listings of one poll, one for each item of another source. They wait for answers at the
// same time; what they read is yielded and traced by the goroutine of the poll, one page after the other.
type family struct {
	*poll
	parents chan bridge.Item
	turns   chan func()
	partial bool // a listing did not read all of its pages
}

// errSkipped ends the listings where a response rule gives the poll up.
var errSkipped = errors.New("skipped by a response rule")

// runChildren lists the children of every parent. They are complete only together: a child that cannot be
// listed fails the poll, since what is stale is better than what lacks a part.
func (p *poll) runChildren() (bridge.Outcome, error) {
	group, ctx := errgroup.WithContext(p.ctx)
	p.ctx = ctx
	f := &family{poll: p, parents: make(chan bridge.Item), turns: make(chan func())}
	group.Go(f.enumerate)
	for range p.atOnce() {
		group.Go(f.listAll)
	}
	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	for {
		select {
		case turn := <-f.turns:
			turn()
		case err := <-ended:
			if errors.Is(err, errSkipped) {
				return bridge.Outcome{Coverage: bridge.Skipped}, nil
			}
			return f.outcome(), err
		}
	}
}

// atOnce is one where nobody is waited for: then the order stays the same from replay to replay.
func (p *poll) atOnce() int {
	if p.client.Playing() {
		return 1
	}
	return childrenAtOnce
}

func (f *family) outcome() bridge.Outcome {
	outcome := bridge.Outcome{Coverage: bridge.Complete, Cursor: cursorOf(state{Memory: f.client.Memorize(nil)})}
	if f.partial {
		outcome.Coverage = bridge.Window
	}
	return outcome
}

// enumerate hands out the parents.
func (f *family) enumerate() error {
	defer close(f.parents)
	if f.poll.parents == nil {
		return fmt.Errorf("list source %q: there is no state to read its items from", f.parent)
	}
	for parent, err := range f.poll.parents(f.ctx, f.parent) {
		if err != nil {
			return fmt.Errorf("list source %q: %w", f.parent, err)
		}
		parent.Body = append([]byte(nil), parent.Body...)
		select {
		case f.parents <- parent:
		case <-f.ctx.Done():
			return fetch.Ended(f.ctx)
		}
	}
	return nil
}

func (f *family) listAll() error {
	for parent := range f.parents {
		if err := f.list(parent); err != nil {
			return err
		}
	}
	return nil
}

func (f *family) list(parent bridge.Item) error {
	l := f.listing(question{variables: variables{each: &parent}})
	l.notes.open, l.turn = false, f.turn
	got, err := l.run(fetch.Memory{})
	if err != nil {
		return childError(parent.Key, err)
	}
	if got.skipped {
		return errSkipped
	}
	l.inTurn(func() { f.partial = f.partial || !got.complete })
	return nil
}

// childError names the child; the error stays what it was.
func childError(key string, err error) error {
	const longest = 100
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("for each %.*q: %w", longest, key, err)
}

// turn has the goroutine of the poll run something.
func (f *family) turn(do func()) {
	done := make(chan struct{})
	f.turns <- func() {
		defer close(done)
		do()
	}
	<-done
}
