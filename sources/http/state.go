package http

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// A state is what is kept between polls: what the answers gave to ask again with, and where a cursor stands.
type state struct {
	fetch.Memory
	Watermark time.Time       `json:"watermark,omitzero"` // the newest instant of a complete poll
	Token     json.RawMessage `json:"token,omitempty"`    // of the last page of a complete poll
	Since     time.Time       `json:"since,omitzero"`     // items that changed before the first poll's start are none of the collection
	Full      time.Time       `json:"full,omitzero"`      // when the last full listing began, or the first poll
	All       bool            `json:"all,omitzero"`       // the next poll is a full listing
	At        time.Time       `json:"at,omitzero"`        // when a complete poll began, written now and then
	Rest      *rest           `json:"rest,omitzero"`      // of a listing that was broken off
}

// recall reads a cursor. Of one that belongs to another request only the start of the collection is kept:
// to list all that changed since then, and to compare it with what is known, loses nothing.
func (s *Source) recall(since bridge.Cursor, now time.Time) state {
	var known state
	if json.Unmarshal(since, &known) != nil {
		known = state{}
	}
	if s.client.Knows(known.Memory) {
		return known
	}
	start := known.Since
	if s.cursor == nil {
		return state{}
	}
	if start.IsZero() || !s.cursor.start.IsZero() {
		start = s.cursor.first(now)
	}
	return state{Since: start}
}

// Restart fulfils [bridge.Restarting]. Where the collection begins stays as it is: to begin later would look as
// though all that is older were gone.
func (s *Source) Restart(since bridge.Cursor) bridge.Cursor {
	if s.cursor == nil {
		return nil
	}
	known := s.recall(since, s.now())
	return cursorOf(state{Memory: s.client.Memorize(nil), Since: known.Since, All: true})
}

// Mark fulfils [bridge.Resuming].
func (s *Source) Mark(since bridge.Cursor) bridge.Cursor {
	var known state
	if s.cursor == nil || json.Unmarshal(since, &known) != nil || !s.client.Knows(known.Memory) {
		return nil
	}
	known.Memory = known.Mark()
	return cursorOf(known)
}

// cursorOf writes a state down.
func cursorOf(known state) bridge.Cursor {
	text, err := json.Marshal(known)
	if err != nil {
		panic(err) // texts, times and a value that was JSON
	}
	return text
}

// after is the state after a listing that went well.
func (s *Source) after(known state, q question, got result, now time.Time) state {
	next := known
	next.Memory, next.Rest = got.memory, got.rest
	if got.rest != nil && got.newest.After(next.Watermark) {
		next.Watermark = got.newest // which only a sorted listing tells before its end
	}
	if s.cursor == nil || !got.complete {
		return next
	}
	next.All = false
	if !q.partial || next.Full.IsZero() {
		next.Full = now.UTC()
	}
	if got.newest.After(next.Watermark) {
		next.Watermark = got.newest
	}
	if got.token != nil {
		next.Token = got.token
	}
	if keeps := s.cursor.keeps; keeps > 0 && now.Sub(next.At) >= keeps/freshness {
		next.At = now.UTC()
	}
	return next
}

// freshness is the share of the retention after which the time of the last poll is written anew: a state that
// changes with each poll costs a commit each.
const freshness = 20

func urlOf(text string) (place, error) {
	u, err := url.Parse(text)
	if err != nil {
		return place{}, errors.New("the URL to go on from cannot be read")
	}
	return place{url: u}, nil
}
