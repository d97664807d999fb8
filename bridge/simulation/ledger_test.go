package simulation

import (
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// A ledger is what was seen of a run from outside of the program: by the upstream, by the receivers, by the
// operator, and by whoever looks at the state after a kill. The oracle knows nothing else.
type ledger struct {
	mu       sync.Mutex
	polls    []*polled
	reports  []poll.Report // of what was not even polled
	arrivals []*arrival
	deeds    []done
	lives    []*life
	stints   []*stint
}

// polled is one poll of a source.
type polled struct {
	source    source // under which it was made
	setup     *setup
	life      int
	began     time.Time
	asked     time.Time // the upstream, at the earliest
	listed    time.Time // when its listing began, where that was in an earlier poll
	ended     time.Time // the listing; zero: it never did
	err       error     // of the listing
	more      bool      // it is a part, with which the next poll goes on
	exchanges []*exchange
	report    *poll.Report // nil: the program did not live to tell
	reported  time.Time
	peek      *peek // the state before it, where that had to be looked at
	last      bool  // it is none, but a look at the state when all is over
}

// An exchange is a request of a poll, and what the upstream really answered.
type exchange struct {
	at    time.Time
	first bool // it asked for the first page
	since bool // only for what changed
	fault string
	lie   bool
	same  bool // 304
	items []item
	next  bool // there is another page
	wait  time.Duration
	truth []item // for since: what a program that misses nothing knows of after this poll
	gone  []string
	sent  bool // the answer was read to its end
}

// An arrival is one request that a receiver got.
type arrival struct {
	sink     string
	stint    *stint
	id       string
	body     []byte
	event    told
	left     time.Time // the program
	at       time.Time
	sent     time.Time // by its own word
	valid    bool      // its signature
	behaves  string
	status   int           // that was answered; 0: nothing was
	wait     time.Duration // that was asked for
	done     time.Time     // when the answer was read, or it was clear that there will be none
	answered bool          // the answer was read to its end
	number   int           // of the attempts that the receiver saw under this id
}

// A stint is the time in which one life delivers to a sink under one configuration.
type stint struct {
	sink   sink
	life   int
	from   time.Time
	asked  time.Time // to end
	until  time.Time // zero: still
	killed bool
}

// done is a deed that was done.
type done struct {
	at      time.Time
	name    string
	subject string
	jump    time.Duration
	ok      bool // it was told so; else it may have been done
}

// A peek is what the state holds of a source.
type peek struct {
	at     time.Time
	memory store.Memory
	items  map[string]kept
}

// kept is what it holds of an item.
type kept struct {
	item     item
	revision uint64
	absent   int
	waits    int // polls that saw a state that does not count yet
}

func (l *ledger) note(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}
