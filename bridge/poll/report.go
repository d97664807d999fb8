package poll

import (
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Report says how one poll went.
type Report struct {
	Source     string
	Started    time.Time
	Took       time.Duration
	Err        error
	Coverage   bridge.Coverage
	More       bool // a part of a listing: the next poll goes on with it
	Seen       int  // items that the source yielded
	Duplicates int  // of them with a key that another had
	Created    int
	Updated    int
	Deleted    int
	Forgotten  int         // items whose state was dropped because they left a window long ago
	Events     int         // events that left
	Sent       [4]int      // of them, by bridge.Change
	Items      int         // items known after the poll
	Baseline   bool        // the poll was the first good one, or a new baseline that was asked for
	Hold       *store.Hold // nil: it was not held
}
