package poll

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// closable is an upstream that must not be polled once it is closed.
type closable struct {
	*upstream
	t      *testing.T
	closed atomic.Int32
}

func (c *closable) Poll(ctx context.Context, since bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	if c.closed.Load() > 0 {
		c.t.Error("polled after it was closed")
	}
	defer func() {
		if c.closed.Load() > 0 {
			c.t.Error("closed while it was polled")
		}
	}()
	return c.upstream.Poll(ctx, since, yield)
}

func (c *closable) Close() error {
	c.closed.Add(1)
	return errors.New("that is only logged")
}

// H6, O3: a plugin that keeps something between polls is closed once, after its last poll.
func TestASourceIsClosedAfterItsLastPoll(t *testing.T) {
	for name, takes := range map[string]time.Duration{"between polls": 0, "amid a poll": 50 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.up.takes, w.Timeout = takes, time.Minute
				first, second, third := &closable{upstream: w.up, t: t}, &closable{upstream: w.up, t: t}, &closable{upstream: w.up, t: t}
				settings := func(name, version string, source bridge.Source) Settings {
					s := w.Settings
					s.Name, s.Version, s.Source = name, version, source
					return s
				}
				w.running(func(l *Loop) {
					time.Sleep(90 * time.Second)
					err := l.Apply(w.t.Context(), []Settings{settings("stays", "1", &closable{}), settings("changes", "2", second)})
					time.Sleep(90 * time.Second)
					if err != nil || first.closed.Load() != 1 || second.closed.Load() != 0 {
						t.Errorf("replaced: %v, closed %d and %d times", err, first.closed.Load(), second.closed.Load())
					}
					err = l.Apply(w.t.Context(), []Settings{settings("stays", "1", &closable{})})
					time.Sleep(time.Second)
					if err != nil || second.closed.Load() != 1 || third.closed.Load() != 0 {
						t.Errorf("removed: %v, closed %d and %d times", err, second.closed.Load(), third.closed.Load())
					}
				}, settings("changes", "1", first), settings("stays", "1", third))
				if first.closed.Load() != 1 || second.closed.Load() != 1 || third.closed.Load() != 1 {
					t.Errorf("at the end: closed %d, %d and %d times", first.closed.Load(), second.closed.Load(), third.closed.Load())
				}
			})
		})
	}
}
