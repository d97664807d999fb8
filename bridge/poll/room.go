package poll

import (
	"errors"
	"syscall"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// roomEvery is how often room is asked for while polls are under way, which fill the disk themselves, or wait for it.
const roomEvery = 500 * time.Millisecond

// A room is what the loop knows of the room for what polls find.
type room struct {
	ask    func() error // nil: there always is
	lacks  error        // why there is none
	ticker *time.Ticker // nil: nothing needs to know
}

// watch returns what to wait on until room is to be asked for again, nil where nothing needs it.
func (r *room) watch(needed bool) <-chan time.Time {
	needed = r.ask != nil && (needed || r.lacks != nil)
	switch {
	case !needed:
		r.stop()
		return nil
	case r.ticker == nil:
		r.ticker = time.NewTicker(roomEvery)
	}
	return r.ticker.C
}

func (r *room) stop() {
	if r.ticker != nil {
		r.ticker.Stop()
		r.ticker = nil
	}
}

// cramped reports whether there is no room for what polls find. It tells once that polls wait for it, and once that
// they go on.
func (l *Loop) cramped() bool {
	if l.room.ask == nil {
		return false
	}
	before, now := l.room.lacks, l.room.ask()
	l.room.lacks = now
	switch {
	case before == nil && now != nil:
		l.Log.Warn("polls wait for room in the state, and go on by themselves", "reason", now)
	case before != nil && now == nil:
		l.Log.Info("polls go on, there is room in the state again")
	}
	return now != nil
}

// tell adds to the status of a source that it waits for room.
func (r *room) tell(s Status) Status {
	if r.lacks != nil {
		s.Blocked = r.lacks.Error()
	}
	return s
}

// heedRoom cuts off the polls under way where there is no room: what they put aside takes of it.
func (l *Loop) heedRoom() {
	if !l.cramped() {
		return
	}
	for _, s := range l.sources {
		if s.cancel != nil {
			s.cancel()
		}
	}
}

// waitForRoom has a source whose poll was cut off for room polled as soon as there is some.
func (l *Loop) waitForRoom(r *run) {
	if r.cut && l.room.lacks != nil {
		r.source.turn = time.Now()
	}
}

// putOffWhereFull makes a poll that found no room for what it found one that comes again when there is some, which is no
// failure of its source.
func putOffWhereFull(err error) error {
	for _, full := range []error{store.ErrFull, syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, full) {
			return bridge.PutOff(err, roomEvery)
		}
	}
	return err
}
