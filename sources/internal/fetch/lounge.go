package fetch

import (
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// often is how soon after one poll the next one has to end for the connection to be kept between them, and
// how long it is kept then.
const often = 30 * time.Second

// A lounge is where the connections of a source wait between two polls. Most sources poll so seldom that
// theirs are closed at once: ten thousand that are kept cost a quarter of a gigabyte.
type lounge struct {
	closeIdle func()
	places    bridge.Places // nil: as many as like

	mu     sync.Mutex
	last   time.Time   // when the last poll ended
	held   bool        // a place is taken
	leave  *time.Timer // gives it up
	closed bool
}

func newLounge(open transports, places bridge.Places) *lounge {
	return &lounge{closeIdle: open.rest, places: places}
}

// rest ends a poll, whose connections may be kept where keep says so.
func (l *lounge) rest(keep bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	soon := !l.last.IsZero() && now.Sub(l.last) <= often
	l.last = now
	if !keep || !soon || l.closed || !l.take() {
		l.empty()
		return
	}
	if l.leave == nil {
		l.leave = time.AfterFunc(often, l.expire)
	} else {
		l.leave.Reset(often)
	}
}

// take takes a place, unless it has one.
func (l *lounge) take() bool {
	l.held = l.held || l.places == nil || l.places.TryAcquire(1)
	return l.held
}

// empty closes what waits and gives up the place.
func (l *lounge) empty() {
	l.closeIdle()
	if l.held && l.places != nil {
		l.places.Release(1)
	}
	l.held = false
	if l.leave != nil {
		l.leave.Stop()
	}
}

// expire ends a wait for a poll that did not come.
func (l *lounge) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.last) >= often {
		l.empty()
	}
}

func (l *lounge) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.empty()
}
