package http

import (
	"errors"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
)

// A cursor is the block of that name: how to ask only for what changed since the last poll.
type cursor struct {
	field  instantField
	token  *expr.Expr // of the last page; nil: the watermark of field is what is asked with
	whole  bool       // the token is the URL to go on from
	param  string     // of the query; "" where the request does it itself
	write  clock
	start  time.Time     // of the first poll; zero: ago, if that is not zero either
	ago    time.Duration // before the first poll
	over   time.Duration // overlap
	lag    time.Duration
	keeps  time.Duration // retention; 0: for ever
	gone   *expr.Expr    // deleted
	sweeps time.Duration // reconcile every; 0: never
	sorted bool          // the server lists by ascending field
}

// instantField reads when an item changed.
type instantField struct {
	path document.Path // of a bare path
	rich *expr.Expr    // any other expression
	clock
}

func (f *instantField) of(item []byte, scope expr.Scope) (time.Time, error) {
	raw := f.path.Find(item)
	if f.rich != nil {
		var err error
		if raw, err = f.rich.JSON(scope); err != nil {
			return time.Time{}, fmt.Errorf("evaluate field: %w", err)
		}
	}
	if len(raw) == 0 || raw[0] == 'n' {
		return time.Time{}, nil
	}
	return f.read(raw)
}

// A question is what one listing asks for.
type question struct {
	variables
	partial bool      // only what changed since the cursor
	from    place     // where a token is the URL to go on from
	since   time.Time // items that changed before are not in the collection; zero: all are
	limit   time.Time // items that changed after are too young to move the watermark
	reached time.Time // the watermark
	first   bool      // no listing has come to its end yet
}

// ask decides what a poll that begins now asks for.
func (c *cursor) ask(known state, now time.Time) question {
	switch {
	case known.All, c.sweeps > 0 && !known.Full.IsZero() && now.Sub(known.Full) >= c.sweeps:
		return c.askAll(known, now)
	case c.token != nil:
		return c.askByToken(c.askAll(known, now), known, now)
	}
	return c.askOn(known, now)
}

// askAll asks for everything.
func (c *cursor) askAll(known state, now time.Time) question {
	return question{since: known.Since, limit: now.Add(-c.lag), reached: known.Watermark, first: known.Full.IsZero()}
}

// askOn asks for what changed since the watermark, whatever else is due.
func (c *cursor) askOn(known state, now time.Time) question {
	q := c.askAll(known, now)
	if value := c.value(known, now); !value.IsZero() {
		q.mark, q.partial = c.write.write(value), true
	}
	return q
}

func (c *cursor) askByToken(q question, known state, now time.Time) question {
	if known.Token == nil || c.keeps > 0 && now.Sub(known.At) > c.keeps {
		return q
	}
	q.partial = true
	if !c.whole {
		q.mark = known.Token
		return q
	}
	text, _ := document.Text(known.Token)
	at, err := urlOf(text)
	if err != nil {
		return c.askAll(known, now)
	}
	q.from = at
	return q
}

// value is the instant to ask from, zero where everything is to be listed. A quiet collection does not
// expire: what was seen by the last poll is not older than that poll, whenever it changed last.
func (c *cursor) value(known state, now time.Time) time.Time {
	mark := known.Watermark
	switch expired := c.keeps > 0 && now.Sub(c.seen(known)) > c.keeps; {
	case expired:
		return time.Time{}
	case mark.IsZero():
		return known.Since
	case c.keeps > 0 && mark.Before(known.At.Add(-c.keeps/2)):
		mark = known.At.Add(-c.keeps / 2)
	}
	if mark = mark.Add(-c.over); mark.Before(known.Since) {
		return known.Since
	}
	return mark
}

// seen is the instant up to which nothing is to be asked for any more.
func (c *cursor) seen(known state) time.Time {
	if known.Watermark.IsZero() {
		return known.Since
	}
	return known.At
}

// first is when the collection of a source without memory begins.
func (c *cursor) first(now time.Time) time.Time {
	if c.ago > 0 {
		return now.Add(-c.ago).UTC()
	}
	return c.start
}

// A tide watches the instants of a listing's items go by.
type tide struct {
	*cursor
	question
	newest time.Time // up to the question's limit
	items  int
	dated  int
	held   int // too young to be yielded
	last   time.Time
	back   bool // an item was older than the one before it
}

// admits reports whether an item is to be yielded now. In a full listing no item is too young: it would be
// taken for deleted.
func (t *tide) admits(item []byte, scope expr.Scope) (bool, error) {
	if t.token != nil {
		return true, nil
	}
	t.items++
	at, err := t.field.of(item, scope)
	if err != nil || at.IsZero() {
		return err == nil, err
	}
	t.dated++
	t.back, t.last = t.back || at.Before(t.last), at
	switch {
	case at.Before(t.since):
		return false, nil
	case at.After(t.limit):
		young := t.partial && t.lag > 0
		if young {
			t.held++
		}
		return !young, nil
	case at.After(t.newest):
		t.newest = at
	}
	return true, nil
}

// check refuses a listing whose items all lack the instant: the watermark would stand still for ever.
func (t *tide) check() error {
	if t.items > 0 && t.dated == 0 && t.token == nil {
		return errors.New("no item has the instant that cursor.field reads")
	}
	return nil
}
