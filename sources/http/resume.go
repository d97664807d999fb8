package http

import (
	"encoding/json"
	"errors"
	nethttp "net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// A listing under a cursor that takes longer than the server's limits, the source's timeout or the program's life
// allow is read in parts. What a part held is kept, and the next poll goes on where it ended: at the next page,
// where places are stable; else, where the server sorts by the cursor's field, from the newest item. A listing in
// parts tells no deletes: between two parts an item may move to a page that was read already.

// partTime is how long a listing that tells no deletes anyway goes on before what it read is kept, so that a kill
// costs no more than that.
const partTime = time.Minute

// errPause breaks a listing off for no other reason than partTime.
var errPause = errors.New("pause")

// A rest is what a listing that was broken off has left to read, and under which question.
type rest struct {
	URL     string          `json:"url,omitempty"`   // of the next page,
	Value   json.RawMessage `json:"value,omitempty"` // or its page.value; neither: asked from the watermark
	Page    int             `json:"page"`            // its number
	Items   int             `json:"items"`           // on the pages before it
	Mark    json.RawMessage `json:"mark,omitempty"`  // of the question
	Partial bool            `json:"partial"`
	Since   time.Time       `json:"since,omitzero"`
	Limit   time.Time       `json:"limit,omitzero"`
	Newest  time.Time       `json:"newest,omitzero"` // instant that was seen
	Began   time.Time       `json:"began"`
}

// question is the one that the listing was begun with.
func (r *rest) question() question {
	return question{variables: variables{mark: r.Mark}, partial: r.Partial, since: r.Since, limit: r.Limit}
}

// placed reports whether the rest begins at a page.
func (r *rest) placed() bool { return r.URL != "" || r.Value != nil }

// place is where the next page is.
func (r *rest) place() (place, error) {
	if r.URL == "" {
		return place{value: r.Value}, nil
	}
	return urlOf(r.URL)
}

// resume goes on with a listing that was broken off.
func (p *poll) resume(known state) (bridge.Outcome, error) {
	r := known.Rest
	q, read := r.question(), (*listing).goOn
	if !r.placed() {
		q, read = p.cursor.askOn(known, p.began), func(l *listing) (result, error) { return l.run(fetch.Memory{}) }
	}
	l := p.listing(q)
	l.part, l.items, l.tide.newest = r, r.Items, r.Newest
	got, err := read(l)
	if err != nil {
		return bridge.Outcome{}, err
	}
	q.partial, p.began = r.Partial, r.Began
	return p.partOutcome(known, q, got), nil
}

// partOutcome concludes from the last part that what exists was seen, and nothing of what does not.
func (p *poll) partOutcome(known state, q question, got result) bridge.Outcome {
	outcome := p.outcome(known, q, got)
	if outcome.Coverage == bridge.Skipped {
		return outcome
	}
	outcome.Coverage = bridge.Changes
	if got.complete && !q.partial && !known.Full.IsZero() {
		p.warn("a full listing was read in parts, so that it told no deletes: give it a longer timeout, or poll less often")
	}
	return outcome
}

// goOn reads on from the next page.
func (l *listing) goOn() (result, error) {
	r := l.part
	at, err := r.place()
	if err == nil && at.url != nil {
		err = l.paging.allows(at.url)
	}
	if err != nil {
		return result{}, err
	}
	request, err := l.request(r.Page, at)
	if err != nil {
		return result{}, err
	}
	answer, err := l.client.Fetch(l.ctx, request)
	if err != nil {
		return result{}, err
	}
	return l.walk(newSeen(at, request.URL), r.Page, at, answer)
}

// lost reports whether the server knows nothing of the place any more at which a listing was to go on.
func (p *poll) lost(err error) bool {
	switch fetch.StatusOf(err) {
	case nethttp.StatusBadRequest, nethttp.StatusNotFound, nethttp.StatusGone, nethttp.StatusUnprocessableEntity:
		return !p.yielded
	}
	return !p.yielded && errors.Is(err, fetch.ErrResync)
}

// pauses reports whether what was read so far had better be kept.
func (l *listing) pauses() bool {
	return l.now().Sub(l.began) >= partTime && l.cursor != nil && (l.partial || l.first || l.part != nil)
}

// breakOff ends a listing in which so many pages were read before something came in between, and that would go on
// at a place. What cannot be gone on with, or failed, is an error.
func (l *listing) breakOff(err error, number int, at place, done int) (result, error) {
	interrupted := errors.Is(err, errPause) || bridge.IsPutOff(err) || bridge.Wait(err) > 0 || l.ctx.Err() != nil
	if !interrupted || done == 0 || l.cursor == nil || l.parent != "" {
		return result{}, err
	}
	left := &rest{
		Page: number, Items: l.items, Mark: l.mark, Partial: l.partial, Since: l.since, Limit: l.limit,
		Newest: l.tide.newest, Began: l.began,
	}
	if l.part != nil {
		left.Partial, left.Began = l.part.Partial, l.part.Began
	}
	got := result{memory: l.client.Memorize(nil), rest: left, wait: bridge.Wait(err)}
	switch {
	case l.paging.stable && (at.url == nil || !l.client.Hides(at.url)):
		left.at(at)
	case l.cursor.sorted && !l.tide.back && l.tide.newest.After(l.reached):
		left.Page, left.Items, got.newest = 1, 0, l.tide.newest
	default:
		return result{}, err
	}
	l.refusal = nil
	return got, nil
}

// at makes a rest begin at a place.
func (r *rest) at(next place) {
	if next.url != nil {
		r.URL = next.url.String()
	}
	r.Value = next.value
}
