package poll

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// run is one poll of one source, and what it knows.
type run struct {
	*Settings
	store    store.Sources
	room     func() error
	comparer *document.Comparer
	trace    func(bridge.Exchange) // nil: nobody listens
	plan     *Plan                 // takes down what is written; nil: nobody asks
	now      func() time.Time
	started  time.Time
	observed time.Time    // when the listing ended
	stale    bool         // the known digests were made under other rules than today's
	was      store.Memory // before the poll
	memory   store.Memory // after it
	sequence uint64       // of the poll, if it changes anything
	identity store.Hash   // of what gives the items their keys
	rekeyed  bool         // the known keys were made by another expression than today's
	index    *index       // nil until something is yielded
	known    int          // items known before the poll
	present  int          // of them that the last full listing held
	gone     int          // of these that this one does not
	pending  int          // items whose change or absence is seen and does not count yet
	eldest   uint32       // of the changes among them: in how many polls it was seen
	unheard  bool         // an item whose change waits was not listed again
	stage    *stage       // what it will write
	share    *uint64      // of the copies that follow; nil until it is drawn
	report   Report

	source *source    // for the loop: whose poll this is,
	ended  func(*run) // who else waits for it,
	cut    bool       // whether it was cut off from outside,
	dry    bool       // and whether it was only to say what it would do
}

func newRun(o Options, s *Settings, comparer *document.Comparer, memory store.Memory) *run {
	now := o.clock()()
	r := &run{
		Settings: s, store: o.Store, comparer: comparer, now: o.clock(), started: now,
		was: memory, memory: memory, known: memory.Items, stage: newStage(o.Temp),
		stale:  !memory.Baseline.IsZero() && memory.Fingerprint != comparer.Fingerprint(),
		report: Report{Source: s.Name, Started: now, Items: memory.Items},
	}
	if r.room = o.Room; r.room == nil {
		r.room = func() error { return nil }
	}
	r.sequence = sequence(memory, now)
	r.identify()
	return r
}

// sequence is what items are born with that a poll of a source creates: higher than that of any poll before. It is
// the time, so that what a poll has committed that was cut off between chunks, or what is known no more of a source
// that was forgotten, never gets the ids of something else.
func sequence(memory store.Memory, now time.Time) uint64 {
	return max(memory.Sequence+1, uint64(now.UnixMilli()))
}

// list has the plugin yield its items, within the source's timeout, and stages what changed.
func (r *run) list(ctx context.Context) (bridge.Outcome, error) {
	outcome, err := r.Settings.list(ctx, r.since(), r.compare, r.trace)
	r.observed = r.now()
	return outcome, err
}

// since is the cursor to go on from. Where a new baseline is taken, everything is listed; but what has begun is
// brought to its end.
func (r *run) since() bridge.Cursor {
	if r.was.Rebaseline && !r.was.More {
		return r.restart(r.was.Cursor)
	}
	return r.was.Cursor
}

// silent reports whether this poll is a baseline, of which nothing is sent.
func (r *run) silent() bool { return r.was.Rebaseline || r.was.Baseline.IsZero() && !r.Emit }

// close ends a poll: one that failed is counted, unless it was cut off from outside.
func (r *run) close(ctx context.Context, err error) {
	err = putOffWhereFull(err)
	r.cut = err != nil && ctx.Err() != nil
	if err != nil && !r.cut {
		r.fail(ctx, err)
	}
	if err != nil {
		r.report.Err = fmt.Errorf("poll source %q: %w", r.Name, err)
	}
	r.report.Took = r.now().Sub(r.started)
}

// muchMemory is from how many items on the memory of a poll is given back to the system when it ends. The collector
// would find it later, maybe when the next such poll has taken as much again.
const muchMemory = 200_000

func (r *run) giveBack() {
	r.index = nil
	if max(r.known, r.report.Seen) >= muchMemory {
		debug.FreeOSMemory()
	}
}
