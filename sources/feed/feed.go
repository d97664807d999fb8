// Package feed is the source kind "feed": it lists the entries of an RSS, Atom or JSON feed.
//
// A feed is a window: an entry that is not in it any more may just have scrolled away, so that nothing is
// ever told as deleted. The key of an entry is its guid, else its link, else its title and date.
package feed

import (
	"context"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// Kind returns the plugin.
func Kind() bridge.Kind[bridge.Source] {
	return bridge.Kind[bridge.Source]{
		Name: "feed",
		New: func(body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
			source, diags := newSource(body, env)
			if diags.HasErrors() {
				return nil, diags
			}
			return source, diags
		},
		Repeats: true, // publishers give two entries one guid more often than one would think
	}
}

// Source polls one feed. It fulfils [bridge.Traced] and [bridge.Identified].
type Source struct {
	client *fetch.Client
	key    *expr.Key // nil: the entry's own identity
	names  string    // the text of key
}

var (
	_ bridge.Traced     = (*Source)(nil)
	_ bridge.Identified = (*Source)(nil)
	_ io.Closer         = (*Source)(nil)
)

// Identity fulfils [bridge.Identified]: entries are told apart by the key expression, or by their own identity.
func (s *Source) Identity() string { return s.names }

// Poll fulfils [bridge.Source].
func (s *Source) Poll(ctx context.Context, since bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	return s.PollTraced(ctx, since, yield, func(bridge.Exchange) {})
}

// Close lets go of what is kept between polls.
func (s *Source) Close() error { return s.client.Close() }

// PollTraced fulfils [bridge.Traced].
func (s *Source) PollTraced(
	ctx context.Context, since bridge.Cursor, yield func(bridge.Item) error, trace func(bridge.Exchange),
) (bridge.Outcome, error) {
	defer s.client.Rest()
	memory := s.client.Recall(since)
	request := fetch.Request{Page: 1, URL: s.client.URL(), Trace: trace}
	answer, err := s.client.Ask(ctx, request, memory, func(*fetch.Answer) bool { return false })
	if err != nil {
		return bridge.Outcome{}, err
	}
	defer answer.Close() // of a file without a name, which has been read
	defer func() { trace(answer.Exchange) }()
	if answer.Unchanged() || memory.Holds(answer) {
		answer.Exchange.Say("unchanged")
		return s.outcome(bridge.Unchanged, s.client.Still(memory, answer), answer), nil
	}
	if err := s.entries(ctx, answer, yield); err != nil {
		answer.Exchange.Say(s.client.Hide(err).Error())
		return bridge.Outcome{}, err
	}
	return s.outcome(bridge.Window, s.client.Remember(answer), answer), nil
}

// outcome ends a poll that went well.
func (s *Source) outcome(coverage bridge.Coverage, cursor bridge.Cursor, answer *fetch.Answer) bridge.Outcome {
	return bridge.Outcome{Coverage: coverage, Cursor: cursor, NotBefore: max(answer.Wait, s.client.Wait())}
}

// entries yields what the feed holds.
func (s *Source) entries(ctx context.Context, answer *fetch.Answer, yield func(bridge.Item) error) error {
	found, err := parse(answer.Body.Reader(), answer.Header.Get("Content-Type"))
	if err != nil {
		return s.client.Hide(fmt.Errorf("read feed: %w", err))
	}
	for position, entry := range found {
		if ctx.Err() != nil {
			return fetch.Ended(ctx)
		}
		item, err := s.item(entry)
		if err != nil {
			return s.client.Hide(fmt.Errorf("read feed: entry %d: %w", position, err))
		}
		if err := yield(item); err != nil {
			return err
		}
		answer.Exchange.Items++
	}
	return nil
}

func (s *Source) item(e entry) (bridge.Item, error) {
	body, err := e.body()
	if err != nil {
		return bridge.Item{}, err
	}
	key, err := e.identity()
	if s.key != nil {
		key, err = s.key.Of(body)
	}
	return bridge.Item{Key: key, Body: body}, err
}
