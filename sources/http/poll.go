package http

import (
	"context"
	"errors"
	nethttp "net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// A poll is one poll on its way.
type poll struct {
	*Source
	ctx     context.Context
	yield   func(bridge.Item) error
	trace   func(bridge.Exchange)
	began   time.Time
	yielded bool          // something was
	wait    time.Duration // the longest that the server asked for
	refusal error         // of yield
}

func (p *poll) run(since bridge.Cursor) (bridge.Outcome, error) {
	if p.parent != "" {
		return p.runChildren()
	}
	known := p.recall(since, p.began)
	if known.Rest != nil {
		outcome, err := p.resume(known)
		if !p.lost(err) {
			return outcome, err
		}
		known.Rest = nil
	}
	q := p.question(known)
	got, err := p.listing(q).run(known.Memory)
	if p.expired(err, q) {
		if p.cursor != nil {
			q = p.cursor.askAll(known, p.began)
		}
		got, err = p.listing(q).run(fetch.Memory{})
	}
	if err != nil {
		return bridge.Outcome{}, err
	}
	return p.outcome(known, q, got), nil
}

func (p *poll) question(known state) question {
	if p.cursor == nil {
		return question{}
	}
	return p.cursor.ask(known, p.began)
}

// expired reports whether the server says that it knows the cursor no more, or a response rule that nothing of
// earlier polls holds. After the first item it is too late to begin anew: that fails the poll.
func (p *poll) expired(err error, q question) bool {
	gone := q.partial && fetch.StatusOf(err) == nethttp.StatusGone
	return !p.yielded && (gone || errors.Is(err, fetch.ErrResync))
}

func (p *poll) outcome(known state, q question, got result) bridge.Outcome {
	if got.skipped {
		return bridge.Outcome{Coverage: bridge.Skipped}
	}
	if p.cursor != nil && !got.complete && got.rest == nil {
		p.warn("the cursor stands still: a poll did not read all pages")
	}
	outcome := bridge.Outcome{Coverage: bridge.Window, Cursor: cursorOf(p.after(known, q, got, p.began))}
	switch {
	case got.rest != nil:
		outcome.Coverage, outcome.More, outcome.NotBefore = bridge.Changes, true, got.wait
	case got.unchanged:
		outcome.Coverage = bridge.Unchanged
	case q.partial:
		outcome.Coverage = bridge.Changes
	case got.complete:
		outcome.Coverage = bridge.Complete
	}
	return outcome
}

// warn tells once of what is not right, but no error.
func (s *Source) warn(text string) { s.warned.Do(func() { s.log.Warn(text) }) }

// A result is what came of a listing that went well.
type result struct {
	complete  bool // the listing holds all that was asked for
	skipped   bool // a response rule gave the poll up
	unchanged bool // nothing was yielded, since all is as the memory has it
	memory    fetch.Memory
	newest    time.Time
	token     []byte
	rest      *rest         // nil: it came to its end
	wait      time.Duration // before the rest may be asked for
}
