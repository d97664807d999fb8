package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
	"pgregory.net/rapid"
)

// Machine drives an outbox through random commits, claims, outcomes, releases, redeliveries, drops, sweeps
// and restarts, and compares it at each step with a model that is a list in memory.
func Machine(t *testing.T, fresh Fresh) {
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{open: fresh(t), start: time.Now().Add(time.Hour)}
		m.store = m.open()
		defer func() { _ = m.store.Close() }()
		r.Repeat(map[string]func(*rapid.T){
			"append": m.append, "claim": m.claim, "settle": m.settle, "bind": m.bind, "release": m.release, "redeliver": m.redeliver,
			"drop": m.drop, "sweep": m.sweep, "wait": m.wait, "restart": m.restart, "": m.compare,
		})
	})
}

// A machine is the store and what the model expects of it. Its clock runs in hours from start.
type machine struct {
	open  func() store.Store
	store store.Store
	start time.Time
	clock int
	made  int
	all   []*expected // by number
}

// An expected delivery is one event to the one sink of the model.
type expected struct {
	id       string
	order    byte // 0: none
	state    store.State
	due      int
	attempts int
	batch    store.Batch
	claimed  *store.Delivery
}

func (e *expected) hash() (order store.Hash) {
	order[0] = e.order
	return order
}

func (m *machine) at(hour int) time.Time { return m.start.Add(time.Duration(hour) * time.Hour) }

func (m *machine) append(r *rapid.T) {
	c := store.Commit{Source: "orders"}
	for range rapid.IntRange(1, 4).Draw(r, "events") {
		m.made++
		e := &expected{id: fmt.Sprint("e", m.made), order: byte(rapid.IntRange(0, 2).Draw(r, "order"))}
		a := store.Append{Event: event(e.id), To: []store.Target{{Sink: "hook", Order: e.hash()}}}
		if rapid.IntRange(0, 9).Draw(r, "bury") == 0 {
			a.Bury, e.state = "no", store.Buried
		}
		c.Append = append(c.Append, a)
		m.all = append(m.all, e)
	}
	check(r, m.store.Commit(r.Context(), c))
}

// free lists the deliveries that a claim may find, due or not.
func (m *machine) free() (free []*expected) {
	for i, e := range m.all {
		if e.state == store.Pending && e.claimed == nil && !m.heldBack(i) {
			free = append(free, e)
		}
	}
	return free
}

func (m *machine) heldBack(at int) bool {
	e := m.all[at]
	if e.order == 0 {
		return false
	}
	return slices.ContainsFunc(m.all[:at], func(o *expected) bool { return o.order == e.order && o.state == store.Pending }) ||
		slices.ContainsFunc(m.all, func(o *expected) bool { return o.order == e.order && o.claimed != nil })
}

func (m *machine) claim(r *rapid.T) {
	limit := rapid.IntRange(1, 6).Draw(r, "limit")
	free := m.free()
	due := slices.Clone(free)
	due = slices.DeleteFunc(due, func(e *expected) bool { return e.due > m.clock })
	claimed, next, err := m.store.Claim(r.Context(), "hook", m.at(m.clock), limit)
	check(r, err)
	if len(claimed) != min(limit, len(due)) {
		r.Fatalf("claimed %d, want %d of %d that are due", len(claimed), min(limit, len(due)), len(due))
	}
	for _, d := range claimed {
		e := m.find(d.Event.ID)
		if !slices.Contains(due, e) || e.claimed != nil || d.Attempts != e.attempts || d.Batch != e.batch || d.Order != e.hash() {
			r.Fatalf("claimed %+v, of which the model has %+v", d, e)
		}
		e.claimed = &d
	}
	m.checkNext(r, next, free)
}

func (m *machine) checkNext(r *rapid.T, next time.Time, free []*expected) {
	left := slices.DeleteFunc(slices.Clone(free), func(e *expected) bool { return e.claimed != nil })
	if next.IsZero() != (len(left) == 0) {
		r.Fatalf("next is %v, and %d are waiting", next, len(left))
	}
	if len(left) == 0 {
		return
	}
	first := slices.MinFunc(left, func(a, b *expected) int { return a.due - b.due })
	if next.After(m.at(first.due)) || first.due > m.clock && !next.Equal(m.at(first.due)) {
		r.Fatalf("next is %v, want %v", next, m.at(first.due))
	}
}

func (m *machine) find(id string) *expected {
	at := slices.IndexFunc(m.all, func(e *expected) bool { return e.id == id })
	if at < 0 {
		return nil
	}
	return m.all[at]
}

// some draws deliveries that a rule picks.
func (m *machine) some(r *rapid.T, pick func(*expected) bool) (some []*expected) {
	for _, e := range m.all {
		if pick(e) && rapid.Bool().Draw(r, e.id) {
			some = append(some, e)
		}
	}
	return some
}

func isClaimed(e *expected) bool { return e.claimed != nil }

func (m *machine) settle(r *rapid.T) {
	var all []store.Settlement
	for _, e := range m.some(r, isClaimed) {
		s := store.Settlement{Delivery: *e.claimed, State: store.State(rapid.IntRange(0, 2).Draw(r, "state"))}
		e.state, e.claimed = s.State, nil
		if s.State != store.Pending {
			e.batch = store.Batch{}
		}
		if rapid.Bool().Draw(r, "attempt") {
			s.Attempt = &store.Attempt{Status: 500}
			e.attempts++
		}
		if s.State == store.Pending {
			e.due = m.clock + rapid.IntRange(0, 3).Draw(r, "wait")
			s.Due = m.at(e.due)
		}
		all = append(all, s)
	}
	check(r, m.store.Settle(r.Context(), all))
}

// bind makes a batch of claimed deliveries, which stay claimed.
func (m *machine) bind(r *rapid.T) {
	m.made++
	some := m.some(r, isClaimed)
	batch := store.Batch{ID: fmt.Sprint("b", m.made), Size: len(some)}
	var all []store.Delivery
	for _, e := range some {
		e.batch, e.due = batch, m.clock
		all = append(all, *e.claimed)
	}
	check(r, m.store.Bind(r.Context(), all, batch, m.at(m.clock)))
}

func (m *machine) release(r *rapid.T) {
	var all []store.Delivery
	for _, e := range m.some(r, isClaimed) {
		all = append(all, *e.claimed)
		e.claimed = nil
	}
	check(r, m.store.Release(r.Context(), all))
}

func (m *machine) redeliver(r *rapid.T) {
	names, want := []string{"none"}, 0
	for _, e := range m.some(r, func(*expected) bool { return true }) {
		names = append(names, e.id)
		if e.state != store.Pending {
			e.state, e.attempts, e.due, e.batch = store.Pending, 0, 0, store.Batch{}
			want++
		}
	}
	got, err := m.store.Redeliver(r.Context(), names, "hook", func(bridge.Event) store.Hash { return store.Hash{9} })
	check(r, err)
	if got != want {
		r.Fatalf("redelivered %d, want %d", got, want)
	}
}

func (m *machine) drop(r *rapid.T) {
	for _, e := range m.some(r, func(e *expected) bool { return e.state == store.Buried }) {
		check(r, m.store.Drop(r.Context(), e.id, "hook"))
		e.state = store.Dropped
	}
}

func (m *machine) sweep(r *rapid.T) {
	want := len(m.all)
	m.all = slices.DeleteFunc(m.all, func(e *expected) bool { return e.state == store.Done || e.state == store.Dropped })
	got, err := m.store.Sweep(r.Context(), m.at(0))
	check(r, err)
	if got != want-len(m.all) {
		r.Fatalf("swept %d, want %d", got, want-len(m.all))
	}
}

func (m *machine) wait(*rapid.T) { m.clock++ }

func (m *machine) restart(r *rapid.T) {
	check(r, m.store.Close())
	m.store = m.open()
	for _, e := range m.all {
		e.claimed = nil
	}
}

// compare holds the history and the counts against the model.
func (m *machine) compare(r *rapid.T) {
	var want store.Queue
	at := len(m.all)
	for record, err := range m.store.Events(r.Context(), store.Filter{}) {
		check(r, err)
		if at--; at < 0 || record.Event.ID != m.all[at].id {
			r.Fatalf("event %s is not where the model has it", record.Event.ID)
		}
		d := record.Deliveries[0]
		if e := m.all[at]; d.State != e.state || d.Attempts != e.attempts || d.Batch != e.batch {
			r.Fatalf("delivery %+v, of which the model has %+v", d, e)
		}
	}
	if at != 0 {
		r.Fatalf("%d events are missing", at)
	}
	for _, e := range m.all {
		switch e.state {
		case store.Pending:
			want.Pending++
		case store.Buried:
			want.Dead++
		}
	}
	all, err := m.store.Queue(r.Context())
	check(r, err)
	if got := all["hook"]; got.Pending != want.Pending || got.Dead != want.Dead || got.Oldest.IsZero() != (want.Pending == 0) {
		r.Fatalf("counts %+v, want %+v", got, want)
	}
}

func check(r *rapid.T, err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}
