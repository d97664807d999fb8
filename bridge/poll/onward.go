package poll

import (
	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// goOn decides which cursor the next poll goes on from: in the middle of a listing, that of the part. While a change waits to settle, or an absence to be
// confirmed, the server has to list it again: what it has said once it need not say another time.
func (r *run) goOn(outcome bridge.Outcome) {
	m, latest := &r.memory, outcome.Cursor
	if latest == nil && outcome.Coverage == bridge.Unchanged {
		latest = r.was.Cursor
	}
	switch {
	case outcome.More:
		m.Cursor = latest
	case r.pending == 0:
		m.Cursor, m.Ahead = latest, nil
	case outcome.Coverage == bridge.Changes && !r.unheard:
		r.holdBack(latest)
	default:
		m.Cursor, m.Ahead = r.restart(latest), nil
	}
}

// holdBack has the next poll go on from where the changes that wait are listed again. That need not be where the
// first of all waited, or a collection that is never still would be asked for more with each poll: once every
// change that waits was first seen after the poll that left the cursor ahead, that cursor takes the place.
func (r *run) holdBack(latest bridge.Cursor) {
	m, ahead := &r.memory, r.was.Ahead
	switch {
	case ahead == nil:
		m.Ahead = &store.Ahead{Cursor: latest}
	case r.eldest <= ahead.Polls+1:
		m.Cursor, m.Ahead = ahead.Cursor, &store.Ahead{Cursor: latest}
	default:
		m.Ahead = &store.Ahead{Cursor: ahead.Cursor, Polls: ahead.Polls + 1}
	}
}

// restart is the cursor under which the source lists everything.
func (r *run) restart(latest bridge.Cursor) bridge.Cursor {
	if source, ok := r.Source.(bridge.Restarting); ok {
		return source.Restart(latest)
	}
	return nil
}
