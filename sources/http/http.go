// Package http is the source kind "http": it lists a collection that an HTTP API answers as JSON, NDJSON, CSV
// or XML, on one page or on many.
//
// A poll reads each page as a whole before it yields the first item of it, and is complete only when the
// last page was read: what is in doubt fails the poll. Two things no listing in pages can know. An item
// that moves, while the poll runs, to a page that was already read is missing from the listing, although
// it is complete by the server's own account; it is seen again by the next poll. And a page kind that ends
// with a short page ends early on a server that thins out its pages; there, a stop rule has to say what the
// last page is.
//
// Of servers that lie, these are found out: an ETag or Last-Modified that stays as it is when the only page
// changes (within a day, see package fetch), a count of items that is higher than what the pages hold (with
// total), the same page under every URL, an error with status 200 (with a response rule, or because it is no
// list). These are not: a list that is whole by all signs and lacks items, with a count that agrees.
//
// What a page yields before it turns out to be broken was yielded: the poll fails then, and the core drops all
// of it.
package http

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// Kind returns the plugin.
func Kind() bridge.Kind[bridge.Source] {
	return bridge.Kind[bridge.Source]{
		Name:    "http",
		ForEach: true,
		New: func(body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
			source, diags := newSource(body, env)
			if diags.HasErrors() {
				return nil, diags
			}
			return source, diags
		},
	}
}

// Source polls one listing, or one for each item of another source. It fulfils [bridge.Traced],
// [bridge.Identified] and [bridge.Restarting].
type Source struct {
	client   *fetch.Client
	template template
	list     document.Path // where the items stand in a page
	members  bool          // they are the members of an object
	table    table
	key      *expr.Key
	names    string // the text of key
	format   format
	paging   paging
	cursor   *cursor // nil: every poll lists everything
	parent   string  // the source whose items the listings are for; "" is none
	parents  func(context.Context, string) iter.Seq2[bridge.Item, error]
	limits   document.Limits
	now      func() time.Time
	log      *slog.Logger
	warned   sync.Once
}

var (
	_ bridge.Traced     = (*Source)(nil)
	_ bridge.Identified = (*Source)(nil)
	_ bridge.Restarting = (*Source)(nil)
	_ bridge.Resuming   = (*Source)(nil)
	_ io.Closer         = (*Source)(nil)
)

// Identity fulfils [bridge.Identified]: items are told apart by the key expression.
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
	p := &poll{Source: s, ctx: ctx, yield: yield, trace: trace, began: s.now()}
	outcome, err := p.run(since)
	switch {
	case p.refusal != nil:
		return bridge.Outcome{}, p.refusal
	case err != nil:
		return bridge.Outcome{}, s.client.Hide(err)
	}
	outcome.NotBefore = max(outcome.NotBefore, p.wait, s.client.Wait())
	return outcome, nil
}
