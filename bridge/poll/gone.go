package poll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// KeepGone is how long the state of a source is kept that the configuration does not name any more, for the
// case that it does again.
const KeepGone = 30 * 24 * time.Hour

// Tidy forgets the sources that the configuration has not named for KeepGone, and notes of those that it does
// not name since when. It is called from time to time, from any goroutine, after Start.
func (l *Loop) Tidy(ctx context.Context) error {
	l.settling.Lock()
	defer l.settling.Unlock()
	known, err := l.Store.Known(ctx)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	now, marked := time.Now(), map[string]store.Memory{}
	for name, memory := range known {
		switch age := now.Sub(memory.Gone); {
		case l.named[name]:
		case memory.Gone.IsZero() || age < 0: // a mark from the future is of a clock that was wrong
			memory.Gone = now
			marked[name] = memory
		case age >= KeepGone:
			err = errors.Join(err, l.forget(ctx, name))
		}
	}
	if len(marked) > 0 {
		err = errors.Join(err, l.Store.Remember(ctx, marked))
	}
	return err
}

func (l *Loop) forget(ctx context.Context, name string) error {
	if err := l.Store.Forget(ctx, name); err != nil {
		return fmt.Errorf("forget source %q: %w", name, err)
	}
	l.Log.Info("forgot a source that the configuration has not named for long", "source", name)
	return nil
}

// name notes what the configuration names.
func (l *Loop) name(all []Settings) {
	l.named = make(map[string]bool, len(all))
	for _, settings := range all {
		l.named[settings.Name] = true
	}
}
