package poll

import (
	"context"
	"fmt"
	"time"

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
		} else if old.Version != settings.Version {
			l.replace(old, settings)
		}
	}
	for name, s := range l.sources {
		if !wanted[name] {
			l.remove(s)
		}
	}
}

// replace goes on with new settings from what the source remembers.
func (l *Loop) replace(old *source, settings Settings) {
	if old.cancel != nil {
		old.cancel()
	}
	old.whenFree(func() {
		if !old.removed {
			l.remove(old)
			l.add(settings, old.memory)
		}
	})
}

func (l *Loop) add(settings Settings, memory store.Memory) {
	s := &source{
		Settings: settings, memory: memory, place: -1,
		comparer: document.NewComparer(settings.Rules, l.Store.Seed()),
	}
	l.sources[settings.Name] = s
	s.first(time.Now())
	l.queue.add(s)
}

func (l *Loop) remove(s *source) {
	s.removed = true
	l.queue.remove(s)
	delete(l.sources, s.Name)
	if s.cancel != nil {
		s.cancel()
	}
}
