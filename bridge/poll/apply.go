package poll

import (
	"context"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Start gives a loop that does not run yet its sources.
func (l *Loop) Start(ctx context.Context, all []Settings) error {
	memories, err := l.Store.Known(ctx)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	l.apply(all, memories)
	return nil
}

// Apply makes a running loop poll exactly these sources. One whose Version stayed is left alone; one that
// changed or went away has its poll under way cut off first. All state is kept.
func (l *Loop) Apply(ctx context.Context, all []Settings) error {
	memories, err := l.Store.Known(ctx)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	return l.ask(ctx, func(context.Context) { l.apply(all, memories) })
}

func (l *Loop) apply(all []Settings, memories map[string]store.Memory) {
	wanted := map[string]bool{}
	for _, settings := range all {
		wanted[settings.Name] = true
		old := l.sources[settings.Name]
		if old == nil {
			l.add(settings, memories[settings.Name])
		} else if old.version() != settings.Version {
			l.replace(old, &settings)
		}
	}
	for name, s := range l.sources {
		if !wanted[name] {
			l.replace(s, nil)
		}
	}
}

// version is that of the settings that a source has, or is about to have.
func (s *source) version() string {
	switch {
	case !s.leaving:
		return s.Version
	case s.following == nil:
		return ""
	}
	return s.following.Version
}

// replace has settings, or nothing, take the place of a source, with what it remembers.
func (l *Loop) replace(old *source, next *Settings) {
	old.following = next
	if !old.leaving {
		old.leaving = true
		l.queue.remove(old)
		l.leave(old)
	}
}

// leave cuts off a poll under way, and waits for its end: two polls of one source never overlap.
func (l *Loop) leave(old *source) {
	if old.cancel != nil {
		old.cancel()
		old.whenFree(func() { l.leave(old) })
		return
	}
	l.remove(old)
	if old.following != nil {
		l.add(*old.following, old.memory)
	}
}

func (l *Loop) add(settings Settings, memory store.Memory) {
	s := &source{
		Settings: settings, memory: memory, place: -1,
		comparer: document.NewComparer(settings.Rules, l.Store.Seed()),
	}
	l.sources[settings.Name] = s
	s.first(l.now())
	l.queue.add(s)
}

func (l *Loop) remove(s *source) {
	s.removed = true
	l.queue.remove(s)
	delete(l.sources, s.Name)
}
