package http

import (
	"errors"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// A listing is one way through the pages.
type listing struct {
	*poll
	question
	tide  *tide        // nil without a cursor
	notes notebook     // of the pages that were read
	turn  func(func()) // runs what may yield or trace; nil: at once
	items int          // on all pages so far
	total float64      // that there are, by the server's account
	part  *rest        // that it is; nil: it begins at the beginning
}

func (p *poll) listing(q question) *listing {
	l := &listing{poll: p, question: q, notes: notebook{open: p.client.Asks() && p.paging.local}}
	if p.cursor != nil {
		l.tide = &tide{cursor: p.cursor, question: q}
	}
	return l
}

func (l *listing) run(memory fetch.Memory) (result, error) {
	at, err := l.begin()
	if err != nil {
		return result{}, err
	}
	request, err := l.request(1, at)
	if err != nil {
		return result{}, err
	}
	if memory.Target != targetOf(request) {
		memory = fetch.Memory{}
	}
	answer, same, err := l.open(request, &memory)
	switch {
	case err != nil:
		return result{}, err
	case same:
		return result{complete: true, unchanged: true, memory: memory}, nil
	}
	l.notes.known = memory.More
	got, err := l.walk(newSeen(at, request.URL), 1, at, answer)
	got.memory.Target = targetOf(request)
	return got, err
}

// begin is where the first page is.
func (l *listing) begin() (place, error) {
	if l.from.url == nil {
		return l.paging.first(), nil
	}
	if err := l.paging.allows(l.from.url); err != nil {
		return place{}, fmt.Errorf("go on from the last poll: %w", err)
	}
	return l.from, nil
}

// walk reads page after page, the first of which is at hand.
func (l *listing) walk(seen *seen, first int, at place, answer *fetch.Answer) (result, error) {
	for number := first; ; number++ {
		if answer.Action == fetch.Skip {
			return l.skip(answer)
		}
		p := &page{number: number, place: at, answer: answer}
		var next *place
		var err error
		l.inTurn(func() { next, err = l.page(p, seen) })
		if err != nil {
			l.items -= p.items
			return l.breakOff(err, number, at, number-first)
		}
		if next == nil || number == l.paging.max {
			return l.finish(p, next)
		}
		at = *next
		if l.pauses() {
			if got, err := l.breakOff(errPause, number+1, at, number+1-first); err == nil {
				return got, nil
			}
		}
		request, err := l.request(number+1, at)
		if err != nil {
			return result{}, err
		}
		if answer, err = l.client.Fetch(l.ctx, request); err != nil {
			return l.breakOff(err, number+1, at, number+1-first)
		}
	}
}

// skip ends a poll that a response rule gives up.
func (l *listing) skip(answer *fetch.Answer) (result, error) {
	l.inTurn(func() {
		l.wait = max(l.wait, answer.Wait)
		answer.Exchange.Say(fmt.Sprintf("skipped by a response rule, status %d", answer.Status))
		l.trace(answer.Exchange)
	})
	return result{skipped: true}, answer.Close()
}

// inTurn runs what touches what listings share.
func (l *listing) inTurn(do func()) {
	if l.turn == nil {
		do()
		return
	}
	l.turn(do)
}

// request asks for a page: where the server named its URL, there, else as the config writes it.
func (l *listing) request(number int, at place) (fetch.Request, error) {
	values := l.variables
	values.page = at.value
	request, err := l.template.fillAt(at.url, l.client.URL(), values)
	if err != nil {
		return request, fmt.Errorf("ask for page %d: %w", number, err)
	}
	if at.url == nil {
		if text, ok := document.Text(values.mark); ok && l.cursor.param != "" {
			fetch.SetQuery(request.URL, l.cursor.param, text)
		}
		l.paging.mark(request.URL, at)
	}
	request.Page = number
	request.Trace = func(e bridge.Exchange) { l.inTurn(func() { l.trace(e) }) }
	return request, nil
}

// finish ends a listing that read its last page, or as many as it may.
func (l *listing) finish(last *page, next *place) (got result, err error) {
	if next != nil && !l.paging.bounded {
		return got, fmt.Errorf(
			"fetch page %d: %d pages are the most; set max in the block page to read fewer or more", last.number+1, last.number)
	}
	got.complete = next == nil && !l.short() && !l.more(last)
	if l.tide != nil {
		if err := l.tide.check(); err != nil {
			return result{}, err
		}
		got.newest = l.tide.newest
		if got.complete {
			if got.token, err = l.token(last); err != nil {
				return result{}, err
			}
		}
	}
	got.memory = l.keep(last, next)
	return got, nil
}

// keep makes the memory of a listing that read its last page, or as many as it may: a cursor that stands still
// must not have the rest called unchanged.
func (l *listing) keep(last *page, next *place) fetch.Memory {
	cut := next != nil
	if cut && l.tide != nil || !cut && l.short() || l.part != nil {
		return l.client.Memorize(nil)
	}
	memory := l.remember(last)
	memory.Cut = cut
	return memory
}

// token reads what the next poll goes on from.
func (l *listing) token(last *page) ([]byte, error) {
	if l.cursor.token == nil || last.answer.Action == fetch.Empty {
		return nil, nil
	}
	token, err := tokenOf(l.cursor.token, "the token", l.paging.scope(last))
	switch {
	case err != nil:
		return nil, err
	case token == nil:
		return nil, errors.New("the last page bears no token for the next poll: look at the block cursor")
	case !l.cursor.whole:
		return token, nil
	}
	text, _ := document.Text(token)
	next, err := resolve(last, text)
	if err == nil {
		err = l.paging.allows(next.url)
	}
	if err != nil {
		return nil, fmt.Errorf("read the URL for the next poll: %w", err)
	}
	return quote(next.url.String()), nil
}

// more reports whether the server names a next page that the config does not ask for: the one page is not
// all there is then, and proves no absence.
func (l *listing) more(last *page) bool {
	if l.paging.kind != "" || !fetch.Leads(last.answer.Header.Values("Link"), "next") {
		return false
	}
	l.warn("the answer names a next page, but the source has no block page: deletes are not told")
	return true
}

// page yields the items of a page and returns where the next one is, nil where there is none.
func (l *listing) page(p *page, seen *seen) (next *place, err error) {
	answer := p.answer
	defer func() {
		if err != nil {
			answer.Exchange.Say(l.client.Hide(err).Error())
		}
		l.trace(answer.Exchange)
		err = errors.Join(err, answer.Close())
	}()
	l.wait = max(l.wait, answer.Wait)
	l.notes.add(l.client, p)
	if answer.Action == fetch.Empty {
		answer.Exchange.Say("no items by a response rule")
		return nil, nil
	}
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
		return nil, fmt.Errorf("after page %d: %w", p.number, err)
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
	switch {
	case l.refusal != nil: // of an item of another listing of this poll
		return l.refusal
	case l.ctx.Err() != nil:
		return fetch.Ended(l.ctx)
	}
	found := bridge.Item{Body: item}
	admitted, err := l.identify(&found)
	if err != nil {
		return fmt.Errorf("item %d: %w", position, err)
	}
	p.items++
	l.items++
	if !admitted {
		return nil
	}
	l.yielded = true
	l.refusal = l.yield(found)
	return l.refusal
}
