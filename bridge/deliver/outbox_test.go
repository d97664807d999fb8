package deliver_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// memory is an outbox without durability, for tests of what the loop does with one. It is told to fail.
type memory struct {
	mu      sync.Mutex
	all     []*store.Delivery
	claimed map[uint64]bool
	ready   map[string]chan struct{}
	calls   map[string]int
	fail    map[string]error // by method
	groups  []int            // sizes of the settled groups
	most    int              // claimed at one time
	slow    time.Duration    // how long a commit takes

	standing map[string]store.Standing
	told     []store.Append
	bound    [][]string // ids of the events of each batch
}

func newMemory() *memory {
	return &memory{
		claimed: map[uint64]bool{}, ready: map[string]chan struct{}{},
		calls: map[string]int{}, fail: map[string]error{}, standing: map[string]store.Standing{},
	}
}

func (m *memory) add(_ *testing.T, sink string, order store.Hash, e bridge.Event) {
	m.mu.Lock()
	m.all = append(m.all, &store.Delivery{
		Target: store.Target{Sink: sink, Order: order}, Event: e, Number: uint64(len(m.all) + 1), Due: time.Now(),
	})
	m.mu.Unlock()
	m.signal(sink)
}

func (m *memory) find(_ *testing.T, sink, id string) store.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.all {
		if d.Sink == sink && d.Event.ID == id {
			return *d
		}
	}
	return store.Delivery{}
}

func (m *memory) Claim(_ context.Context, sink string, now time.Time, limit int) ([]store.Delivery, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("Claim"); err != nil {
		return nil, time.Time{}, err
	}
	var claimed []store.Delivery
	var next time.Time
	waiting := m.heads(sink)
	slices.SortStableFunc(waiting, func(a, b *store.Delivery) int { return a.Due.Compare(b.Due) })
	for _, d := range waiting {
		if d.Due.After(now) || len(claimed) == limit {
			next = d.Due
			break
		}
		m.claimed[d.Number] = true
		claimed = append(claimed, *d)
	}
	m.most = max(m.most, len(m.claimed))
	return claimed, next, nil
}

// heads are the deliveries that may be claimed: the first pending one of each order.
func (m *memory) heads(sink string) []*store.Delivery {
	seen := map[store.Hash]bool{}
	var heads []*store.Delivery
	for _, d := range m.all {
		if d.Sink != sink || d.State != store.Pending {
			continue
		}
		blocked := seen[d.Order] && d.Order != store.Hash{}
		seen[d.Order] = true
		if !blocked && !m.claimed[d.Number] {
			heads = append(heads, d)
		}
	}
	return heads
}

func (m *memory) Release(_ context.Context, claimed []store.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range claimed {
		delete(m.claimed, d.Number)
	}
	return m.call("Release")
}

func (m *memory) Settle(ctx context.Context, settled []store.Settlement) error {
	if m.slow > 0 {
		time.Sleep(m.slow)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("Settle"); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	m.groups = append(m.groups, len(settled))
	for _, s := range settled {
		d := m.all[s.Delivery.Number-1]
		if !m.claimed[d.Number] {
			return fmt.Errorf("settled without a claim: %s", d.Event.ID)
		}
		delete(m.claimed, d.Number)
		d.State, d.Due, d.Reason = s.State, s.Due, s.Reason
		if s.Alone {
			d.Batch = store.Batch{ID: d.Event.ID, Size: 1}
		}
		if s.Standing != nil {
			m.standing[d.Sink] = *s.Standing
		}
		m.told = append(m.told, s.Append...)
		if s.Attempt != nil {
			d.Attempts++
			d.Log = append(d.Log, *s.Attempt)
		}
	}
	return nil
}

func (m *memory) Bind(_ context.Context, claimed []store.Delivery, batch store.Batch, due time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("Bind"); err != nil {
		return err
	}
	var ids []string
	for _, c := range claimed {
		d := m.all[c.Number-1]
		d.Batch, d.Due = batch, due
		ids = append(ids, d.Event.ID)
	}
	m.bound = append(m.bound, ids)
	return nil
}

func (m *memory) Standing(_ context.Context, sink string) (store.Standing, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.standing[sink], m.call("Standing")
}

func (m *memory) Stand(_ context.Context, sink string, now store.Standing, news []store.Append) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("Stand"); err != nil {
		return err
	}
	m.standing[sink] = now
	m.told = append(m.told, news...)
	return nil
}

func (m *memory) Seed() uint64  { return 1 }
func (m *memory) Epoch() string { return "epoch" }

// news lists the types of the events that tell of sinks and deliveries.
func (m *memory) news() (types []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.told {
		types = append(types, a.Event.Type)
	}
	return types
}

// deliveries returns all of them as they are now.
func (m *memory) deliveries() (all []store.Delivery) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.all {
		all = append(all, *d)
	}
	return all
}

// drop takes a delivery out of the queue, as an operator would.
func (m *memory) drop(at int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[at].State = store.Dropped
}

func (m *memory) tellings() []store.Append {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]store.Append(nil), m.told...)
}

func (m *memory) bounds() [][]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([][]string(nil), m.bound...)
}

func (m *memory) Ready(sink string) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.channel(sink)
}

func (m *memory) channel(sink string) chan struct{} {
	if m.ready[sink] == nil {
		m.ready[sink] = make(chan struct{}, 1)
	}
	return m.ready[sink]
}

func (m *memory) signal(sink string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case m.channel(sink) <- struct{}{}:
	default:
	}
}

func (m *memory) call(name string) error {
	m.calls[name]++
	return m.fail[name]
}

func (m *memory) failing(name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail[name] = err
}

func (m *memory) count(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[name]
}

// outstanding is how many deliveries are claimed.
func (m *memory) outstanding() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.claimed)
}
