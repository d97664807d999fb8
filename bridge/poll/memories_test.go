package poll

import (
	"context"
	"iter"
	"maps"
	"sync"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// memories is a state in memory that keeps what is known of sources, and of items nothing.
type memories struct {
	mu  sync.Mutex
	all map[string]store.Memory
}

func (*memories) Seed() uint64  { return 1 }
func (*memories) Epoch() string { return "epoch" }

func (m *memories) Memory(_ context.Context, source string) (store.Memory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[source], nil
}

func (*memories) Entries(context.Context, string) iter.Seq2[store.Entry, error] {
	return func(func(store.Entry, error) bool) {}
}

func (*memories) Stored(context.Context, string, store.Entry) (store.Snapshot, error) {
	return store.Snapshot{}, store.ErrNotFound
}

func (m *memories) Commit(ctx context.Context, c store.Commit) error {
	if c.Memory == nil {
		return nil
	}
	return m.Remember(ctx, map[string]store.Memory{c.Source: *c.Memory})
}

func (m *memories) Remember(_ context.Context, all map[string]store.Memory) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]store.Memory{}
	}
	for name, memory := range all { // without monotonic readings, as if from a disk
		memory.Polled, memory.NotBefore = memory.Polled.Round(0), memory.NotBefore.Round(0)
		m.all[name] = memory
	}
	return nil
}

func (m *memories) Known(context.Context) (map[string]store.Memory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.all), nil
}

func (m *memories) Rename(context.Context, string, string) error { return store.ErrNotFound }

func (m *memories) Forget(_ context.Context, source string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, source)
	return nil
}
