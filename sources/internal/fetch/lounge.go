package fetch

import (
	"net/http"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// often is how soon after one poll of a server the next one has to end for connections to be kept between them, and
// how long they are kept then.
const often = 30 * time.Second

// A lounge is where the connections to a server wait between two polls. It is for all sources that poll the server in
// the same way: what one has opened the next one goes on with. Most servers are polled so seldom that theirs are
// closed at once: ten thousand that are kept cost a quarter of a gigabyte.
type lounge struct {
	transports
	places bridge.Places // nil: as many as like
	shared bool          // other sources may come

	mu     sync.Mutex
	guests map[*Client]bool // whose poll is under way
	last   time.Time        // when the last poll ended
	held   bool             // a place is taken
	expiry *time.Timer      // gives it up
	closed bool
}

// findLounge returns the lounge of those who poll the same server in the same way. Who has more to its way than the
// egress guard, or sends POSTs, which take no connection of another poll, has one of its own.
func findLounge(s Settings, env bridge.Env) *lounge {
	way, plain := s.route.Plain()
	if !plain || s.URL == nil || s.Method != http.MethodGet || env.Commons == nil {
		return openLounge(s, env, false)
	}
	return bridge.InCommon(env.Commons, "connections to "+Origin(s.URL)+" by "+way, func() *lounge {
		return openLounge(s, env, true)
	})
}

func openLounge(s Settings, env bridge.Env, shared bool) *lounge {
	return &lounge{transports: newTransports(s.route), places: env.Idle, shared: shared, guests: map[*Client]bool{}}
}

// enter begins a poll, unless it has begun.
func (l *lounge) enter(guest *Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.guests[guest] = true
}

// leave ends a poll. Connections may be kept where keep says so.
func (l *lounge) leave(guest *Client, keep bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.guests, guest)
	now := time.Now()
	soon := !l.last.IsZero() && now.Sub(l.last) <= often
	l.last = now
	if len(l.guests) > 0 {
		return
	}
	if !keep || !soon || l.closed || !l.take() {
		l.empty()
		return
	}
	if l.expiry == nil {
		l.expiry = time.AfterFunc(often, l.expire)
	} else {
		l.expiry.Reset(often)
	}
}

// take takes a place, unless it has one.
func (l *lounge) take() bool {
	l.held = l.held || l.places == nil || l.places.TryAcquire(1)
	return l.held
}

// empty closes what waits and gives up the place.
func (l *lounge) empty() {
	l.rest()
	if l.held && l.places != nil {
		l.places.Release(1)
	}
	l.held = false
	if l.expiry != nil {
		l.expiry.Stop()
	}
}

// expire ends a wait for a poll that did not come.
func (l *lounge) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.guests) == 0 && time.Since(l.last) >= often {
		l.empty()
	}
}

// close is called when a source polls no more.
func (l *lounge) close() {
	if l.shared {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.empty()
}
