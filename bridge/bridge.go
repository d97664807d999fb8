// Package bridge is the vocabulary of hookbridge: what a source yields, what an event carries, what
// a sink receives, and the contract that a plugin fulfils. It stands on the ground floor: every other
// package may import it, it imports only the standard library and hcl.
//
// A change travels one way: a [Source] lists a collection, the core compares each [Item] with the last
// known state, writes the [Event] of each change to a durable outbox together with the new state, and
// a [Sink] makes the attempts to hand it over.
package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// A Source lists what a remote collection holds now. It keeps no state between polls and starts no
// goroutine that outlives Poll: everything that must survive goes into the returned Cursor.
// On any doubt it returns an error: stale beats partial.
//
// The core calls Poll with the cursor of a poll that was committed, the last one or, where something is to be
// listed again, one before; and with nil at first, and whenever a full listing is wanted (see [Restarting]). It
// never calls it twice at a time for one source, and always under a deadline. The configuration may have changed since
// the cursor was made: a source whose cursor holds only for its settings puts them into it, and takes another one's for
// none. An error that yield returns must be returned unchanged; only where ctx has ended may the outcome of a part, with
// [Outcome.More], take its place. Nothing of a poll that ends in an error is kept, nor of one that breaks these rules
// or panics. A source that keeps a connection open between polls is an [io.Closer], which the core closes after the
// last poll.
type Source interface {
	Poll(ctx context.Context, since Cursor, yield func(Item) error) (Outcome, error)
}

// Identified is what a source fulfils whose keys come from its configuration. Identity says by what items are
// told apart, such as the text of the key expression, and holds no secret. While it stays, keys mean the same;
// when it changes, the keys that are known cannot be compared with those of the next poll.
type Identified interface {
	Identity() string
}

// Restarting is what a source fulfils whose cursor holds more than where to go on from, such as where its
// collection begins. Restart returns, of the cursor of a committed poll, the one under which Poll lists everything:
// the core calls Poll with it where it wants a full listing and would pass nil to another source. It does no I/O.
type Restarting interface {
	Restart(since Cursor) Cursor
}

// An Item is one member of the polled collection. Key is valid UTF-8 of 1 byte to 64 KiB, and no two items of a poll have
// the same. Body is one valid JSON value, raw as the API sent it, and good until yield returns; that it is valid, and
// within bounds, is for the plugin to see to. Deleted marks an explicit tombstone, whose Body may be nil.
type Item struct {
	Key     string
	Body    []byte
	Deleted bool
}

// A Cursor is what a source wants to remember of a poll: validators, a watermark, a sync token. It is
// opaque to the core and is stored only when all that the poll yielded has been committed.
type Cursor []byte

// Coverage says what the absence of an item from a poll means. The zero value proves least.
type Coverage uint8

const (
	// Changes: only what changed was yielded; a deletion is said item by item.
	Changes Coverage = iota
	// Window: the newest part of the collection; a known key that was not yielded may just have scrolled away.
	Window
	// Complete: the whole collection; a known key that was not yielded is gone.
	Complete
	// Unchanged: all is as at the last committed poll, and nothing was yielded.
	Unchanged
	// Skipped: the poll was given up, which is no failure. What it yielded and its cursor are dropped, and all
	// stays as it was.
	Skipped
)

func (c Coverage) String() string {
	return nameOf(c, "changes", "window", "complete", "unchanged", "skipped")
}

// Outcome closes a poll that went well.
type Outcome struct {
	Coverage  Coverage
	Cursor    Cursor
	NotBefore time.Duration // the server asked not to be polled sooner than this from now; 0: it did not

	// More says that the listing goes on: what was yielded is a part of it, and the next poll, which follows as
	// soon as NotBefore lets it, goes on from Cursor. The part is kept, and nothing is concluded from it but
	// that these items exist: the coverage is [Changes], and a baseline is there when the last part is.
	More bool
}

// A Sink makes one attempt to hand over an event. A nil error means that the receiver took it, for good.
// Send is called by several goroutines at a time, is bounded by ctx, and never tries twice. The verdict on
// a failure travels in the error: [Permanent], [RetryAfter], [Gone]; any other error is retried.
type Sink interface {
	Send(ctx context.Context, e Event) (Receipt, error)
}

// A Batcher is a sink that can hand over several events in one attempt.
type Batcher interface {
	Sink

	// Fit returns how many of the events, from the first on, go together into one attempt: at least one.
	Fit(events []Event) int

	// SendBatch is [Sink.Send] for a number of events that leave under one id. They are taken all together or
	// not at all. Events that were taken by another attempt may be among them: each bears its own id as well.
	SendBatch(ctx context.Context, id string, events []Event) (Receipt, error)
}

// A Receipt is what the receiver answered, kept with the attempt, after a failure as well.
type Receipt struct {
	Status  int    // HTTP status, or 0 where there was no answer or the sink speaks no HTTP
	Excerpt string // the start of the answer's body, valid UTF-8, at most 4 KiB
}

// Change is what happened to an item. The zero value stands for an event that is not about an item.
type Change uint8

const (
	None Change = iota
	Created
	Updated
	Deleted
)

func (c Change) String() string {
	return nameOf(c, "none", "created", "updated", "deleted")
}

// MarshalText writes the change's name.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the change's name.
func (c *Change) UnmarshalText(text []byte) error {
	for _, known := range []Change{None, Created, Updated, Deleted} {
		if known.String() == string(text) {
			*c = known
			return nil
		}
	}
	return fmt.Errorf("unknown change %q", text)
}

// An Event is one fact that leaves for sinks. Its ID and everything else in it is fixed when the change is
// committed and never changes after, so that each attempt carries the same bytes.
type Event struct {
	ID       string          `json:"id"`   // evt_…, derived from source, key and revision
	Type     string          `json:"type"` // <source>.<change>, or the label of the event block
	Time     time.Time       `json:"time"` // when the change was seen
	Source   string          `json:"source"`
	Key      string          `json:"key,omitempty"`
	Change   Change          `json:"change"`             // None: a health event, which has Data only
	Revision uint64          `json:"revision,omitempty"` // counts the changes of the item, from 1
	Snapshot bool            `json:"snapshot,omitempty"` // belongs to an `initial = "emit"` run
	Before   json.RawMessage `json:"before,omitempty"`   // minified; nil for created
	After    json.RawMessage `json:"after,omitempty"`    // minified; nil for deleted
	Changed  []string        `json:"changed,omitempty"`  // JSON Pointers (RFC 6901) that differ, for updated
	From     time.Time       `json:"from,omitzero"`      // the change happened after this instant
	To       time.Time       `json:"to,omitzero"`        // and before this one
	Data     json.RawMessage `json:"data,omitempty"`     // what to send as data; nil: the standard data
}

func nameOf[E ~uint8](value E, names ...string) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("unknown(%d)", value)
}
