package poll

import (
	"context"
	"errors"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// inherits reports whether a source that is new under its name goes on from what is kept under its previous
// one. Where something is kept under the new name already, it went on before.
func inherits(settings *Settings, memories map[string]store.Memory) bool {
	_, known := memories[settings.Name]
	_, kept := memories[settings.Previous]
	return settings.Previous != "" && settings.Previous != settings.Name && !known && kept
}

// inherit adds a source that goes on from what is kept under its previous name. A poll under way under that
// name is cut off first. Where the state cannot be renamed, the source is not polled: with nothing known, what
// happened since would be lost in a new baseline. Done is told how it went, when it has.
func (l *Loop) inherit(ctx context.Context, settings *Settings, memory store.Memory, done chan<- error) {
	move := func(settings *Settings, memory store.Memory) { done <- l.move(ctx, settings, memory) }
	if was := l.sources[settings.Previous]; was != nil {
		l.replace(was, settings, move)
		return
	}
	move(settings, memory)
}

func (l *Loop) move(ctx context.Context, settings *Settings, memory store.Memory) error {
	err := l.Store.Rename(ctx, settings.Previous, settings.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("carry state of source %q over from %q: %w", settings.Name, settings.Previous, err)
	}
	l.add(settings, memory)
	l.sources[settings.Name].dirty = true
	return nil
}

// await returns the errors of sources that inherit, when all of them have.
func (l *Loop) await(ctx context.Context, count int, done <-chan error) (err error) {
	for range count {
		select {
		case failed := <-done:
			err = errors.Join(err, failed)
		case <-ctx.Done():
			return ctx.Err()
		case <-l.stopped:
			return ErrStopped
		}
	}
	return err
}
