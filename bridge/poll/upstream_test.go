package poll

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// upstream is a remote collection in a variable, and a source over it.
type upstream struct {
	coverage bridge.Coverage
	cursor   string
	fail     error         // after the items
	takes    time.Duration // of fake time
	wait     time.Duration // asked by the server
	more     bool          // what it yields is a part

	mu     sync.Mutex
	items  []bridge.Item
	polls  int
	since  []string // cursors that came
	began  []time.Time
	atOnce int
	most   int
}

func (u *upstream) Poll(ctx context.Context, since bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	items, takes := u.begin(since)
	defer u.end()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			if u.more { // keeps what it has
				items = nil
				break
			}
			return bridge.Outcome{}, ctx.Err()
		}
	}
	for _, item := range items {
		if err := yield(item); err != nil {
			return bridge.Outcome{}, err
		}
	}
	return u.outcome()
}

func (u *upstream) outcome() (bridge.Outcome, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return bridge.Outcome{Coverage: u.coverage, Cursor: bridge.Cursor(u.cursor), NotBefore: u.wait, More: u.more}, u.fail
}

// part makes the polls from now on yield these documents as a part of a listing that goes on at a cursor.
func (u *upstream) part(cursor string, documents ...string) {
	u.set(documents...)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.coverage, u.cursor, u.more = bridge.Changes, cursor, true
}

// last makes the polls from now on yield these documents as the end of a listing.
func (u *upstream) last(coverage bridge.Coverage, cursor string, documents ...string) {
	u.set(documents...)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.coverage, u.cursor, u.more = coverage, cursor, false
}

// turn makes polls from now on end with an error, or well, and take so long.
func (u *upstream) turn(fail error, takes time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.fail, u.takes = fail, takes
}

func (u *upstream) begin(since bridge.Cursor) (items []bridge.Item, takes time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.polls++
	u.since = append(u.since, string(since))
	u.began = append(u.began, time.Now())
	u.atOnce++
	u.most = max(u.most, u.atOnce)
	return u.items, u.takes
}

func (u *upstream) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.atOnce--
}

// polled returns how many polls began so far, and how many at most at once.
func (u *upstream) polled() (polls, most int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.polls, u.most
}

func (u *upstream) count() int {
	polls, _ := u.polled()
	return polls
}

// set makes the collection hold these documents, each with an "id".
func (u *upstream) set(documents ...string) *upstream {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.items = nil
	for _, text := range documents {
		var document struct{ ID any }
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			panic(err)
		}
		u.items = append(u.items, bridge.Item{Key: fmt.Sprint(document.ID), Body: []byte(text)})
	}
	return u
}

func (u *upstream) one(id int, text string) bridge.Item {
	return bridge.Item{Key: fmt.Sprint(id), Body: fmt.Appendf(nil, `{"id":%d,"text":%q}`, id, text)}
}
