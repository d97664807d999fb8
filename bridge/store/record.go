package store

import (
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// Hash is a 128-bit keyed hash.
type Hash [16]byte

// Memory is what is known of a source besides its items.
type Memory struct {
	Sequence    uint64        // of the last poll that changed something; an item is born with that of the poll that created it
	Baseline    time.Time     // when the first complete poll was committed; zero: not yet
	Cursor      bridge.Cursor // that the next poll goes on from
	Ahead       *Ahead        // nil: Cursor is that of the last committed poll, or asks for everything
	Fingerprint Hash          // of the config that made the digests
	Items       int           // known items
	Polled      time.Time     // when the last good poll began
	Changed     time.Time     // when the last change was seen
	NotBefore   time.Time     // the server asked not to be polled sooner
	Failures    int           // polls that failed since the last good one
	Failing     time.Time     // when the first of them failed
	Reason      string        // why the last one failed
	Hold        *Hold         // nil: not held
	Released    bool          // the next poll passes the guards
	Paused      bool          // by an operator
	Gone        time.Time     // since when the config does not name it; zero: it does
	Identity    Hash          // of what gives the items their keys; zero: the source does not say
	Pending     int           // items whose change or absence waits to be confirmed by further polls
	Rebaseline  bool          // the next good poll is taken in silently, as a baseline
	Stale       bool          // source.stale was sent, and no change was seen since
	More        bool          // a part of a listing was committed, and the next poll goes on with it
}

// Ahead is what a source will go on from whose Cursor is held back, so that what waits is listed again.
type Ahead struct {
	Cursor bridge.Cursor // of a poll that was committed
	Polls  uint32        // that were committed since
}

// Hold says why the changes of a source are held back.
type Hold struct {
	Since   time.Time
	Reason  string // for people
	Deletes int    // what the last held poll would have sent
	Events  int
	Known   int // items known at that time

	// Rebaseline says that no release ends the hold, since the known keys are of no use any more: it takes
	// a new baseline.
	Rebaseline bool
}

// Entry is the index entry of an item: all that comparing an unchanged item needs.
type Entry struct {
	Key      Hash
	Raw      Hash   // of the item's raw bytes
	Digest   Hash   // of its canonical form
	Born     uint64 // Memory.Sequence of the poll that created it
	Revision uint64 // counts its changes, from 1
	Absent   uint32 // complete polls in a row without it; for a window 1 once it has left
	Left     int64  // when Absent left 0, in unix seconds
	Slot     uint64 // where the store keeps the item, as it told by Entries; 0: nowhere, since it is new

	Candidate *Candidate // a state that waits to settle; nil for almost every item
}

// Candidate is a state of an item that was seen, and does not count yet. Raw, Digest and the snapshot of the
// item are of the last state that counts.
type Candidate struct {
	Digest Hash
	Polls  uint32 // in a row that saw it
}

// Snapshot is the last known state of an item.
type Snapshot struct {
	Key  string
	Body []byte // minified JSON
}

// Commit is a set of changes of one source that stand or fall together.
type Commit struct {
	Source string
	Memory *Memory // nil leaves it
	Put    []Put
	Drop   []Entry // items to forget
	Append []Append
}

// Put writes an item's entry, and its snapshot where Body is not nil.
type Put struct {
	Entry Entry
	Snapshot
}

// Append puts an event into the outbox and the history, with a delivery to each target.
type Append struct {
	Event bridge.Event
	To    []Target
	Bury  string // not empty: its deliveries start as dead letters, for this reason
}

// Target is a sink that is to get an event, and what orders the event's delivery there: deliveries to one
// sink with the same Order leave one after the other. The zero Order means none.
type Target struct {
	Sink  string
	Order Hash
}

// State is where a delivery stands. The zero value is Pending; the others are terminal until an operator
// redelivers.
type State uint8

const (
	Pending State = iota
	Done
	Buried  // a dead letter
	Dropped // a dead letter that an operator gave up
)

func (s State) String() string {
	return [...]string{"pending", "delivered", "dead", "dropped"}[s]
}

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Delivery is one event on its way to one sink.
type Delivery struct {
	Target
	Event    bridge.Event
	Number   uint64 // the event's place in the outbox: higher is later
	State    State
	Attempts int       // made since it was queued or last redelivered
	Due      time.Time // when pending: not attempted sooner
	Reason   string    // when buried: why
	Batch    Batch     // that it leaves with, when pending; zero: it is not bound to any
	Log      []Attempt // the last LogLength attempts, oldest first
}

// A Batch is a set of deliveries to one sink that leave together, each time with the same id and bytes.
type Batch struct {
	ID   string
	Size int // deliveries in it
}

// LogLength bounds the attempts that are kept of a delivery.
const LogLength = 20

// An Attempt is one request that was made, or one answer that was not had.
type Attempt struct {
	Time     time.Time     `json:"time"`
	Duration time.Duration `json:"duration_ns"`
	Status   int           `json:"status,omitempty"`
	Class    string        `json:"class,omitempty"` // kind of failure: timeout, refused, status, …; "" for success
	Error    string        `json:"error,omitempty"`
	Excerpt  string        `json:"excerpt,omitempty"` // start of the answer
}

// A Settlement is the outcome of an attempt of a claimed delivery.
type Settlement struct {
	Delivery Delivery  // as claimed
	Attempt  *Attempt  // nil: none was made
	State    State     // Pending: try again at Due
	Due      time.Time // when Pending
	Reason   string    // when Buried
	Alone    bool      // when Pending: from now on it is a batch of its own, under the id of its event

	// What is committed with the outcome, unless the outcome was recorded before.
	Standing *Standing // of the sink from now on; nil leaves it
	Append   []Append  // events that tell of what happened
}

// Standing is where a sink stands, besides its deliveries.
type Standing struct {
	Paused   time.Time // by an operator; zero: it is not
	Disabled time.Time // the receiver asked for no more events; zero: it did not
	Failing  time.Time // since when attempts fail, once sink.failing has said so; zero: they do not
	Reason   string    // why it is disabled or failing
}

// Record is an event as the history keeps it.
type Record struct {
	Event      bridge.Event
	Number     uint64
	Deliveries []Delivery // without their Event, by sink
}

// Filter picks events; the zero value picks all.
type Filter struct {
	Since  time.Time // inclusive
	Until  time.Time // exclusive
	Source string
	Key    string
	Type   string
	Sink   string // with a delivery to this sink
	State  *State // with a delivery in this state, to Sink where that is given
	Limit  int    // 0: no limit
}

// Queue counts the deliveries of a sink.
type Queue struct {
	Pending int
	Dead    int
	Oldest  time.Time // when the oldest pending one was queued; zero where there is none
}
