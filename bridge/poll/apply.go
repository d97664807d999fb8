package poll

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Start gives a loop that does not run yet its sources, which are its own from then on.
func (l *Loop) Start(ctx context.Context, all []Settings) error {
	l.settling.Lock()
	defer l.settling.Unlock()
	memories, err := l.Store.Known(ctx)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	done := make(chan error, len(all))
	l.name(all)
	return l.await(ctx, l.apply(ctx, all, memories, done), done)
}

// Apply makes a running loop poll exactly these sources, which are its own from then on. One whose Version stayed is left alone; one that
// changed or went away has its poll under way cut off first. All state is kept. Where the state of a source
// cannot be carried over from its previous name, that source is not polled, and Apply returns why, with
// everything else applied.
func (l *Loop) Apply(ctx context.Context, all []Settings) error {
	l.settling.Lock()
	defer l.settling.Unlock()
	memories, err := l.Store.Known(ctx)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	count, done := 0, make(chan error, len(all))
	err = l.ask(ctx, func(running context.Context) { count = l.apply(running, all, memories, done) })
	if err != nil {
		return err
	}
	l.name(all)
	return l.await(ctx, count, done)
}

// apply returns how many sources inherit, each of which will tell done.
func (l *Loop) apply(ctx context.Context, all []Settings, memories map[string]store.Memory, done chan<- error) (inherit int) {
	wanted := map[string]bool{}
	for i := range all {
		settings := &all[i]
		wanted[settings.Name] = true
		old := l.sources[settings.Name]
		switch {
		case old == nil && inherits(settings, memories):
			inherit++
			wanted[settings.Previous] = true // until it has left
			l.inherit(ctx, settings, memories[settings.Previous], done)
		case old == nil:
			l.add(settings, memories[settings.Name])
		case old.version() != settings.Version:
			l.replace(old, settings, l.add)
		}
	}
	for name, s := range l.sources {
		if !wanted[name] {
			l.replace(s, nil, nil)
		}
	}
	return inherit
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

// replace has settings, or nothing, take the place of a source: add gets them, with what it remembers.
func (l *Loop) replace(old *source, next *Settings, add func(*Settings, store.Memory)) {
	old.following, old.add = next, add
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
		old.add(old.following, old.memory)
	}
}

func (l *Loop) add(settings *Settings, memory store.Memory) {
	memory.Gone = time.Time{}
	s := &source{
		Settings: settings, memory: memory, place: -1, random: l.Random,
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
	l.close(s)
}

// close lets go of what the plugin keeps between polls.
func (l *Loop) close(s *source) {
	closer, ok := s.Source.(io.Closer)
	if !ok {
		return
	}
	if err := closer.Close(); err != nil {
		l.Log.Warn("close source", "source", s.Name, "error", err)
	}
}
