// Package storetest holds implementations of [store.Store] to its contract. An implementation calls [Run],
// [Machine] and [SetBack] in tests of its own; everything they check is said in the names of the subtests.
package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Fresh gives a test a state of its own, empty at first. The function that it returns opens that state; it
// is called again after the store has been closed, and must then find what was kept.
type Fresh func(t testing.TB) (open func() store.Store)

// Run checks every method of the contract.
func Run(t *testing.T, fresh Fresh) {
	for _, group := range []map[string]func(*fixture){
		sourceTests(), commitTests(), claimTests(), settleTests(), orderTests(), historyTests(), redeliverTests(), sweepTests(),
		secretTests(), standingTests(), bindTests(),
	} {
		for name, check := range group {
			t.Run(name, func(t *testing.T) {
				f := &fixture{TB: t, open: fresh(t)}
				f.store = f.open()
				defer func() { f.must(f.store.Close()) }()
				check(f)
			})
		}
	}
}

// A fixture is one test with its store.
type fixture struct {
	testing.TB
	open  func() store.Store
	store store.Store
}

// reopen is a restart.
func (f *fixture) reopen() {
	f.Helper()
	f.must(f.store.Close())
	f.store = f.open()
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	g, w := asText(got), asText(want)
	if g != w {
		f.Fatalf("%s: got %s, want %s", what, g, w)
	}
}

func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%#v", v)
	}
	return string(text)
}

// commit commits and fails the test where that fails.
func (f *fixture) commit(c store.Commit) {
	f.Helper()
	if c.Source == "" {
		c.Source = "orders"
	}
	c, err := Seat(f.Context(), f.store, c)
	f.must(err)
	f.must(f.store.Commit(f.Context(), c))
}

// queue commits events with the given ids to the sink "hook", in the order of their texts' first letter
// where ordered is set.
func (f *fixture) queue(ordered bool, ids ...string) {
	f.Helper()
	c := store.Commit{}
	for _, id := range ids {
		to := store.Target{Sink: "hook"}
		if ordered {
			to.Order = orderOf(id)
		}
		c.Append = append(c.Append, store.Append{Event: event(id), To: []store.Target{to}})
	}
	f.commit(c)
}

func orderOf(id string) store.Hash { return store.Hash{1, id[0]} }

func event(id string) bridge.Event {
	return bridge.Event{
		ID: id, Type: "orders.updated", Time: time.Now().UTC(), Source: "orders", Key: "k-" + id,
		Change: bridge.Updated, Revision: 2, Before: json.RawMessage(`{"a":"<&>"}`),
		After: json.RawMessage(`{"a":12345678901234567890.10}`), Changed: []string{"/a"},
	}
}

// claim claims all that is due at an instant so many hours from now.
func (f *fixture) claim(hours int) []store.Delivery {
	f.Helper()
	claimed, _, err := f.store.Claim(f.Context(), "hook", f.in(hours), 1000)
	f.must(err)
	return claimed
}

func (f *fixture) in(hours int) time.Time { return time.Now().Add(time.Duration(hours) * time.Hour) }

func (f *fixture) settle(d store.Delivery, state store.State) {
	f.Helper()
	f.must(f.store.Settle(f.Context(), []store.Settlement{{
		Delivery: d, Attempt: &store.Attempt{Time: time.Now().UTC(), Status: 200}, State: state, Reason: reasonFor(state),
	}}))
}

func reasonFor(state store.State) string {
	if state == store.Buried {
		return "status 400"
	}
	return ""
}

func (f *fixture) postpone(d store.Delivery, hours int) {
	f.Helper()
	f.must(f.store.Settle(f.Context(), []store.Settlement{{
		Delivery: d, Attempt: &store.Attempt{Status: 503, Class: "status"}, Due: f.in(hours),
	}}))
}

func ids(all []store.Delivery) []string {
	names := []string{}
	for _, d := range all {
		names = append(names, d.Event.ID)
	}
	return names
}

// events lists the ids of the events that a filter picks.
func (f *fixture) events(filter store.Filter) []string {
	f.Helper()
	names := []string{}
	for r, err := range f.store.Events(f.Context(), filter) {
		f.must(err)
		names = append(names, r.Event.ID)
	}
	return names
}

func (f *fixture) event(id string) store.Record {
	f.Helper()
	r, err := f.store.Event(f.Context(), id)
	f.must(err)
	return r
}

func (f *fixture) count() store.Queue {
	f.Helper()
	all, err := f.store.Queue(f.Context())
	f.must(err)
	return all["hook"]
}

func (f *fixture) redeliver(ids ...string) int {
	f.Helper()
	count, err := f.store.Redeliver(f.Context(), ids, "hook", func(e bridge.Event) store.Hash { return orderOf(e.ID) })
	f.must(err)
	return count
}

// entries lists the entries of a source without their slots.
func (f *fixture) entries(source string) []store.Entry {
	f.Helper()
	all := collect(f, f.store.Entries(f.Context(), source))
	for i := range all {
		all[i].Slot = 0
	}
	return all
}

// stored finds what is stored of an item by the first byte of its key.
func (f *fixture) stored(source string, key byte) (store.Snapshot, error) {
	f.Helper()
	entry := store.Entry{Key: store.Hash{key}}
	for e, err := range f.store.Entries(f.Context(), source) {
		f.must(err)
		if e.Key == entry.Key {
			entry = e
		}
	}
	return f.store.Stored(f.Context(), source, entry)
}

// Seat gives the entries of a commit the slots that the store has for them, as a poll does that has read the index.
func Seat(ctx context.Context, from store.Sources, c store.Commit) (store.Commit, error) {
	slots := map[store.Hash]uint64{}
	for e, err := range from.Entries(ctx, c.Source) {
		if err != nil {
			return c, err
		}
		slots[e.Key] = e.Slot
	}
	c.Put, c.Drop = slices.Clone(c.Put), slices.Clone(c.Drop)
	for i := range c.Drop {
		c.Drop[i].Slot = slots[c.Drop[i].Key]
		delete(slots, c.Drop[i].Key)
	}
	for i := range c.Put {
		c.Put[i].Entry.Slot = slots[c.Put[i].Entry.Key]
	}
	return c, nil
}

func collect[V any](f *fixture, all iter.Seq2[V, error]) (values []V) {
	f.Helper()
	for v, err := range all {
		f.must(err)
		values = append(values, v)
	}
	return values
}

func put(n byte, body string) store.Put {
	return store.Put{
		Entry:    store.Entry{Key: store.Hash{n}, Raw: store.Hash{n, 1}, Digest: store.Hash{n, 2}, Born: 7, Revision: uint64(n)},
		Snapshot: store.Snapshot{Key: fmt.Sprint("item-", n), Body: []byte(body)},
	}
}
