package http

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// A listing is one poll on its way through the pages.
type listing struct {
	*Source
	ctx     context.Context
	yield   func(bridge.Item) error
	trace   func(bridge.Exchange)
	wait    time.Duration // the longest that the server asked for
	refusal error         // of yield
	yielded bool          // at least one item
	items   int           // on all pages so far
	total   float64       // that there are, by the server's account
}

func (l *listing) run(memory fetch.Memory) (bridge.Outcome, error) {
	at := l.paging.first(l.client.URL())
	answer, err := l.client.Ask(l.ctx, l.request(1, at), memory, l.paging.grew)
	if err != nil {
		return bridge.Outcome{}, err
	}
	if answer.Action == fetch.ByStatus && (answer.Unchanged() || memory.Holds(answer) && l.paging.settled(answer)) {
		return l.unchanged(answer, memory)
	}
	seen := newSeen(at)
	for number := 1; ; number++ {
		if answer.Action == fetch.Skip {
			return l.skipped(answer)
		}
		next, err := l.page(number, answer, seen)
		if err != nil {
			return bridge.Outcome{}, err
		}
		if next == nil || number == l.paging.max {
			return l.finish(number, answer, next)
		}
		if answer, err = l.client.Fetch(l.ctx, l.request(number+1, next)); err != nil {
			return bridge.Outcome{}, err
		}
	}
}

func (l *listing) request(number int, at *url.URL) fetch.Request {
	return fetch.Request{Page: number, URL: at, Trace: l.trace}
}

// unchanged ends a poll whose only page is the one that is remembered.
func (l *listing) unchanged(answer *fetch.Answer, memory fetch.Memory) (bridge.Outcome, error) {
	l.wait = answer.Wait
	answer.Exchange.Say("unchanged")
	l.trace(answer.Exchange)
	return bridge.Outcome{Coverage: bridge.Unchanged, Cursor: l.client.Still(memory, answer)}, answer.Close()
}

// skipped ends a poll that a response rule gives up.
func (l *listing) skipped(answer *fetch.Answer) (bridge.Outcome, error) {
	l.wait = max(l.wait, answer.Wait)
	answer.Exchange.Say(fmt.Sprintf("skipped by a response rule, status %d", answer.Status))
	l.trace(answer.Exchange)
	return bridge.Outcome{Coverage: bridge.Skipped}, answer.Close()
}

// finish ends a poll that read its last page, or as many as it may.
func (l *listing) finish(pages int, last *fetch.Answer, next *url.URL) (bridge.Outcome, error) {
	switch {
	case next != nil && !l.paging.bounded:
		return bridge.Outcome{}, fmt.Errorf(
			"fetch page %d: %d pages are the most; set max in the block page to read fewer or more", pages+1, pages)
	case next != nil || l.short():
		return bridge.Outcome{Coverage: bridge.Window, Cursor: l.client.Remember(nil)}, nil
	case pages > 1 || last.Action == fetch.Empty: // nothing is known of when it will be more
		return bridge.Outcome{Coverage: bridge.Complete, Cursor: l.client.Remember(nil)}, nil
	case l.more(last):
		return bridge.Outcome{Coverage: bridge.Window, Cursor: l.client.Remember(last)}, nil
	}
	return bridge.Outcome{Coverage: bridge.Complete, Cursor: l.client.Remember(last)}, nil
}

// more reports whether the server names a next page that the config does not ask for: the one page is not
// all there is then, and proves no absence.
func (l *listing) more(answer *fetch.Answer) bool {
	if l.paging.kind != "" || fetch.Next(answer.Header.Values("Link"), "next") == "" {
		return false
	}
	l.warned.Do(func() {
		l.log.Warn("the answer names a next page, but the source has no block page: deletes are not told")
	})
	return true
}

// page yields the items of a page and returns where the next one is, nil where there is none.
func (l *listing) page(number int, answer *fetch.Answer, seen *seen) (next *url.URL, err error) {
	defer func() {
		if err != nil {
			answer.Exchange.Say(l.client.Hide(err).Error())
		}
		l.trace(answer.Exchange)
		err = errors.Join(err, answer.Close())
	}()
	l.wait = max(l.wait, answer.Wait)
	if answer.Action == fetch.Empty {
		answer.Exchange.Say("no items by a response rule")
		return nil, nil
	}
	p := &page{number: number, answer: answer}
	if err := l.read(p); err != nil {
		return nil, err
	}
	answer.Exchange.Items = p.items
	if next, err = l.paging.after(p); err == nil {
		err = l.count(p)
	}
	if err == nil {
		err = seen.check(p, next)
	}
	if err != nil {
		return nil, fmt.Errorf("after page %d: %w", number, err)
	}
	return next, nil
}

// read parses a page and yields its items.
func (l *listing) read(p *page) error {
	format, err := l.format.of(p.answer)
	if err != nil {
		return fmt.Errorf("read page %d: %w", p.number, err)
	}
	p.captured, err = l.split(format, p.answer, func(position int, item []byte) error {
		return l.item(p, position, item)
	})
	switch {
	case l.refusal != nil:
		return l.refusal
	case errors.Is(err, document.ErrMissing), errors.Is(err, document.ErrNotList), errors.Is(err, document.ErrNotObject):
		return fmt.Errorf("read page %d: %w; look at items", p.number, err)
	case err != nil:
		return fmt.Errorf("read page %d: %w", p.number, err)
	}
	return nil
}

func (l *listing) item(p *page, position int, item []byte) error {
	if l.ctx.Err() != nil {
		return fetch.Ended(l.ctx)
	}
	key, err := l.key.Of(item)
	if err != nil {
		return fmt.Errorf("item %d: %w", position, err)
	}
	p.items++
	l.items++
	l.yielded = true
	l.refusal = l.yield(bridge.Item{Key: key, Body: item})
	return l.refusal
}
