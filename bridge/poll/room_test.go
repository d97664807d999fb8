package poll

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// narrow gives the world's loop a disk that is full or not, and a log.
func (w *world) narrow() (full *atomic.Bool, said *bytes.Buffer) {
	full, said = &atomic.Bool{}, &bytes.Buffer{}
	w.prepare = func(l *Loop) {
		l.Log = slog.New(slog.NewTextHandler(said, nil))
		l.Room = func() error {
			if full.Load() {
				return fmt.Errorf("%w: 3 MiB are free", store.ErrFull)
			}
			return nil
		}
		l.room.ask = l.Room
	}
	return full, said
}

// R3: nothing is asked of an API while there is no room for what it says; each source says why; it is told once; and
// when there is room again polls go on at once, with no failure on anybody's account.
func TestPollsWaitForRoomInTheStateAndGoOnByThemselves(t *testing.T) {
	inBubble(t, func(w *world) {
		full, said := w.narrow()
		w.Every = time.Hour
		w.up.set(`{"id":1}`)
		w.running(func(l *Loop) {
			time.Sleep(spread)
			full.Store(true)
			w.up.set(`{"id":1}`, `{"id":2}`)
			time.Sleep(3*time.Hour + time.Minute)
			status, err := l.Sources(w.t.Context())
			if err != nil || w.up.count() != 1 || status[0].Memory.Failures != 0 ||
				status[0].Blocked != "disk is almost full: 3 MiB are free" {
				t.Errorf("%v, %d polls, %+v", err, w.up.count(), status)
			}
			report, err := l.Poll(w.t.Context(), w.Name, nil)
			if err != nil || !errors.Is(report.Err, store.ErrFull) || w.up.count() != 1 {
				t.Errorf("an operator's poll: %v, %v, %d polls", err, report.Err, w.up.count())
			}
			full.Store(false)
			time.Sleep(2 * roomEvery)
			status, err = l.Sources(w.t.Context())
			if err != nil || w.up.count() != 2 || status[0].Blocked != "" || status[0].Memory.Items != 2 {
				t.Errorf("%v, %d polls when there was room again, %+v", err, w.up.count(), status)
			}
		}, w.Settings)
		w.wants(`shop.created 2 >{"id":2}`)
		for _, word := range []string{"polls wait for room in the state", "polls go on"} {
			if told := strings.Count(said.String(), word); told != 1 {
				t.Errorf("%q was told %d times:\n%s", word, told, said)
			}
		}
	})
}

// R3: what a poll under way puts aside fills the disk as well: it is cut off, and comes again as soon as it can.
func TestAPollUnderWayIsCutOffWhenTheDiskFillsUp(t *testing.T) {
	inBubble(t, func(w *world) {
		full, _ := w.narrow()
		w.Every = 24 * time.Hour
		w.Timeout = time.Hour
		w.up.slow(10 * time.Minute)
		w.up.set(`{"id":1}`)
		w.running(func(l *Loop) {
			time.Sleep(spread + time.Minute)
			full.Store(true)
			time.Sleep(2 * roomEvery)
			status, err := l.Sources(w.t.Context())
			if err != nil || status[0].Polling || status[0].Memory.Failures != 0 {
				t.Errorf("%v, %+v", err, status)
			}
			w.up.slow(0)
			full.Store(false)
			time.Sleep(2 * roomEvery)
			status, err = l.Sources(w.t.Context())
			if err != nil || status[0].Memory.Baseline.IsZero() {
				t.Errorf("it was not polled again: %v, %+v", err, status)
			}
		}, w.Settings)
	})
}

// cramped is a state that refuses commits.
type cramped struct {
	store.Sources
	refusals atomic.Int32
	err      error
}

func (c *cramped) Commit(ctx context.Context, commit store.Commit) error {
	if c.refusals.Add(-1) >= 0 {
		return c.err
	}
	return c.Sources.Commit(ctx, commit)
}

// R3: a commit that finds no room is no failure of the source either, and is made anew by the next poll.
func TestACommitThatFindsNoRoomIsNoFailureOfItsSource(t *testing.T) {
	for _, full := range []error{store.ErrFull, fmt.Errorf("write stage: %w", syscall.ENOSPC)} {
		inBubble(t, func(w *world) {
			refusing := &cramped{Sources: w.store, err: full}
			refusing.refusals.Store(5)
			w.watch.Sources = refusing
			w.Every, w.Emit = 24*time.Hour, true
			w.up.set(`{"id":1}`)
			w.running(func(l *Loop) {
				time.Sleep(spread)
				synctest.Wait()
				time.Sleep(10 * time.Second)
				status, err := l.Sources(w.t.Context())
				if err != nil || status[0].Memory.Failures != 0 || status[0].Memory.Items != 1 {
					t.Errorf("%v, %+v", err, status)
				}
			}, w.Settings)
			w.wants(`shop.created 1 >{"id":1}`)
		})
	}
}
