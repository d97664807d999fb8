package poll

import (
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/calendar"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Settings are what the core must know of a source; the plugin holds the rest.
type Settings struct {
	Name    string
	Kind    string
	Version string        // changes whenever anything in the source's block, or a value it read, changes
	Source  bridge.Source // the plugin
	Every   time.Duration // from the start of a poll to the start of the next, where Cron is nil
	Cron    *calendar.Cron
	Windows calendar.Windows // polls only while one is open
	Adapt   Adapt            // of Every
	Jitter  time.Duration    // up to this is added to each interval, at random
	Timeout time.Duration    // of one whole poll
	Emit    bool             // the first complete poll sends created events marked as a snapshot
	Rules   document.Rules
	Twice   Duplicates

	// Settle is how many polls in a row must see the same new state of an item before that is an update; what
	// did not last that long is part of the next update, or of none. Items that come or go do not wait for it:
	// what comes is told at once, and for what goes there is Guard.ConfirmPolls. 0 and 1 are the same.
	Settle int

	Previous string        // the name under which the source was known before; "" for none
	Expect   time.Duration // source.stale says that no change was seen for so long; 0: none is expected
	Guard    Guard
	Events   []EventRule       // none: each change is sent under its default type
	To       []store.Recipient // who gets the default events
	Health   []store.Recipient // who gets the health events

	// Buried says, by sink, who hears of deliveries to it that are dead letters from the start.
	Buried map[string][]store.Recipient
}

// Duplicates says what to do with a second item of the same key in one poll.
type Duplicates uint8

const (
	DuplicatesFail  Duplicates = iota // the poll fails
	DuplicatesFirst                   // the first one counts
	DuplicatesLast                    // the last one counts
)

// Guard bounds what one poll may send before it is held.
type Guard struct {
	// MaxDeletes bounds the deletes; where it is DefaultMaxDeletes it is in force only once the source
	// knows GuardedItems items.
	MaxDeletes setting.Amount
	MaxEvents  int // 0: no bound

	// ConfirmPolls is how many complete polls in a row must miss an item before it is deleted; 0 is 1.
	ConfirmPolls int
}

// GuardedItems is how many items a source that names no guard must know before one is in force: small
// collections are left alone.
const GuardedItems = 20

// DefaultMaxDeletes returns the bound of a source that names none.
func DefaultMaxDeletes() setting.Amount { return setting.Amount{Share: 0.5, Count: -1} }

// EventRule is an event block. Its expressions read before, after, change and key.
type EventRule struct {
	Type string
	When *expr.Expr // nil: always
	Data *expr.Expr // nil: the standard data
	To   []store.Recipient
}
