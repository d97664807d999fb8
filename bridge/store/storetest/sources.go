package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

func sourceTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"seed and epoch outlive a restart": func(f *fixture) {
			seed, epoch := f.store.Seed(), f.store.Epoch()
			f.reopen()
			f.equal("seed", f.store.Seed(), seed)
			f.equal("epoch", f.store.Epoch(), epoch)
			if epoch == "" {
				f.Fatal("the epoch is empty")
			}
		},
		"a source that is not known has the zero memory, no entries and no items": func(f *fixture) {
			m, err := f.store.Memory(f.Context(), "none")
			f.must(err)
			f.equal("memory", m, store.Memory{})
			f.equal("entries", len(f.entries("none")), 0)
			if _, err := f.stored("none", 1); !errors.Is(err, store.ErrNotFound) {
				f.Fatalf("got %v, want ErrNotFound", err)
			}
		},
		"all that a memory holds outlives a restart": func(f *fixture) {
			m := fullMemory()
			f.commit(store.Commit{Memory: &m})
			f.must(f.store.Remember(f.Context(), map[string]store.Memory{"other": {Failures: 3, Reason: "status 502"}}))
			f.reopen()
			got, err := f.store.Memory(f.Context(), "orders")
			f.must(err)
			f.equal("memory", got, m)
			known, err := f.store.Known(f.Context())
			f.must(err)
			f.equal("known", known, map[string]store.Memory{"orders": m, "other": {Failures: 3, Reason: "status 502"}})
		},
		"a commit without a memory leaves it, and a source without one is not known": func(f *fixture) {
			m := fullMemory()
			f.commit(store.Commit{Memory: &m})
			f.commit(store.Commit{Put: []store.Put{put(1, "{}")}})
			f.commit(store.Commit{Source: "silent", Put: []store.Put{put(1, "{}")}})
			known, err := f.store.Known(f.Context())
			f.must(err)
			f.equal("known", known, map[string]store.Memory{"orders": m})
		},
		"an entry keeps the state that waits to settle over a restart": func(f *fixture) {
			waits := put(1, "{}")
			waits.Entry.Candidate = &store.Candidate{Digest: store.Hash{1, 3}, Polls: 2}
			f.commit(store.Commit{Put: []store.Put{waits, put(2, "{}")}})
			f.reopen()
			want := []store.Entry{waits.Entry, put(2, "").Entry}
			f.equal("entries", f.entries("orders"), want)
		},
		"entries come in the order in which items were put, of their source alone": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(3, "{}"), put(1, "{}"), put(2, "{}")}})
			f.commit(store.Commit{Source: "other", Put: []store.Put{put(9, "{}")}})
			want := []store.Entry{put(3, "").Entry, put(1, "").Entry, put(2, "").Entry}
			f.commit(store.Commit{Put: []store.Put{put(1, "{}")}})
			f.equal("entries", f.entries("orders"), want)
			f.reopen()
			f.equal("entries after a restart", f.entries("orders"), want)
		},
		"an item is put in its own slot, and never in that of another": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(1, `{"n":1}`), put(2, `{"n":2}`)}})
			first := collect(f, f.store.Entries(f.Context(), "orders"))[0]
			for _, slot := range []uint64{first.Slot, first.Slot + 100} {
				foreign := put(3, `{"n":3}`)
				foreign.Entry.Slot = slot
				if err := f.store.Commit(f.Context(), store.Commit{Source: "orders", Put: []store.Put{foreign}}); err == nil {
					f.Fatalf("an item was put in slot %d, which is not its own", slot)
				}
				if _, err := f.store.Stored(f.Context(), "orders", foreign.Entry); !errors.Is(err, store.ErrNotFound) {
					f.Fatalf("got %v, want ErrNotFound", err)
				}
				f.must(f.store.Commit(f.Context(), store.Commit{Source: "orders", Drop: []store.Entry{foreign.Entry}}))
			}
			f.equal("entries", f.entries("orders"), []store.Entry{put(1, "").Entry, put(2, "").Entry})
			got, err := f.stored("orders", 1)
			f.must(err)
			f.equal("body", string(got.Body), `{"n":1}`)
		},
		"a new item never comes into the slot of one that is there": func(f *fixture) {
			var want []store.Entry
			for n := range byte(20) {
				f.commit(store.Commit{Put: []store.Put{put(n+1, "{}"), put(n+101, "{}")}})
				f.commit(store.Commit{Drop: []store.Entry{{Key: store.Hash{n + 101}}}})
				want = append(want, put(n+1, "").Entry)
				if n%5 == 0 {
					f.reopen()
				}
			}
			f.equal("entries", f.entries("orders"), want)
		},
		"reading entries sees one state, whatever is committed meanwhile": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(1, "{}"), put(2, "{}"), put(3, "{}")}})
			var seen int
			for _, err := range f.store.Entries(f.Context(), "orders") {
				f.must(err)
				f.commit(store.Commit{Drop: []store.Entry{{Key: store.Hash{3}}}, Put: []store.Put{put(4, "{}")}})
				seen++
			}
			f.equal("entries seen", seen, 3)
		},
		"reading entries ends with the context's error": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(1, "{}")}})
			ctx, cancel := context.WithCancel(f.Context())
			cancel()
			var last error
			for _, err := range f.store.Entries(ctx, "orders") {
				last = err
			}
			if !errors.Is(last, context.Canceled) {
				f.Fatalf("got %v, want the context's error", last)
			}
		},
		"renaming carries items and memory over, and nothing is left under the old name": func(f *fixture) {
			m := fullMemory()
			f.commit(store.Commit{
				Memory: &m, Put: []store.Put{put(1, `{"n":1}`)},
				Append: []store.Append{{Event: event("e1"), To: []store.Target{{Sink: "hook"}}}},
			})
			f.must(f.store.Rename(f.Context(), "orders", "purchases"))
			for range 2 {
				known, err := f.store.Known(f.Context())
				f.must(err)
				f.equal("known", known, map[string]store.Memory{"purchases": m})
				f.equal("entries", f.entries("purchases"), []store.Entry{put(1, "").Entry})
				f.equal("entries of the old name", len(f.entries("orders")), 0)
				got, err := f.stored("purchases", 1)
				f.must(err)
				f.equal("body", string(got.Body), `{"n":1}`)
				f.equal("events", f.events(store.Filter{Source: "orders"}), []string{"e1"})
				f.reopen()
			}
			f.commit(store.Commit{Put: []store.Put{put(2, "{}")}})
			f.equal("entries of a new source of the old name", len(f.entries("orders")), 1)
			f.equal("entries of the renamed one", len(f.entries("purchases")), 1)
		},
		"renaming what is not known, or to what is, changes nothing": func(f *fixture) {
			m := fullMemory()
			f.commit(store.Commit{Memory: &m})
			f.commit(store.Commit{Source: "other", Put: []store.Put{put(1, "{}")}})
			if err := f.store.Rename(f.Context(), "none", "orders2"); !errors.Is(err, store.ErrNotFound) {
				f.Fatalf("got %v, want ErrNotFound", err)
			}
			if err := f.store.Rename(f.Context(), "orders", "other"); err == nil {
				f.Fatal("the other source was replaced")
			}
			known, err := f.store.Known(f.Context())
			f.must(err)
			f.equal("known", known, map[string]store.Memory{"orders": m})
			f.equal("entries of the other", len(f.entries("other")), 1)
		},
		"what is known of a source is told item by item, and nothing of one without a baseline": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(1, `{"n":1}`), put(2, `{"n":2}`)}})
			for _, err := range store.Items(f.Context(), f.store, "orders") {
				if err == nil {
					f.Fatal("items of a source that was not listed in full yet")
				}
			}
			m := fullMemory()
			f.commit(store.Commit{Memory: &m})
			var told []string
			for item, err := range store.Items(f.Context(), f.store, "orders") {
				f.must(err)
				told = append(told, item.Key+string(item.Body))
				f.commit(store.Commit{Drop: []store.Entry{{Key: store.Hash{2}}}})
			}
			f.equal("items", told, []string{`item-1{"n":1}`})
		},
		"forgetting drops items and memory, and keeps the events": func(f *fixture) {
			m := fullMemory()
			f.commit(store.Commit{
				Memory: &m, Put: []store.Put{put(1, "{}")},
				Append: []store.Append{{Event: event("e1"), To: []store.Target{{Sink: "hook"}}}},
			})
			f.must(f.store.Forget(f.Context(), "orders"))
			f.must(f.store.Forget(f.Context(), "orders"))
			for range 2 {
				f.equal("entries", len(f.entries("orders")), 0)
				known, err := f.store.Known(f.Context())
				f.must(err)
				f.equal("known", len(known), 0)
				f.equal("events", f.events(store.Filter{Source: "orders"}), []string{"e1"})
				f.reopen()
			}
			f.commit(store.Commit{Put: []store.Put{put(2, "{}")}})
			f.equal("entries of the new one", len(f.entries("orders")), 1)
		},
		"forgetting thousands of items leaves none, and none of another source goes": func(f *fixture) {
			for chunk := range 10 {
				c := store.Commit{}
				for i := range store.ChunkItems {
					p := put(1, "{}")
					p.Entry.Key = store.Hash{byte(chunk), byte(i), byte(i >> 8)}
					c.Put = append(c.Put, p)
				}
				f.commit(c)
			}
			f.commit(store.Commit{Source: "other", Put: []store.Put{put(1, "{}")}})
			f.must(f.store.Forget(f.Context(), "orders"))
			f.equal("entries", len(f.entries("orders")), 0)
			f.equal("entries of the other", len(f.entries("other")), 1)
		},
	}
}

func fullMemory() store.Memory {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 3, 4, 5, 678, time.UTC) }
	return store.Memory{
		Sequence: 1 << 63, Baseline: at(1), Cursor: bridge.Cursor("\x00etag"), Fingerprint: store.Hash{9}, Items: 12,
		Polled: at(2), Changed: at(3), NotBefore: at(4), Failures: 5, Failing: at(5), Reason: "status 500 <&>",
		Hold:     &store.Hold{Since: at(6), Reason: "too many", Deletes: 7, Events: 8, Known: 9, Rebaseline: true},
		Released: true, Paused: true, Gone: at(7), Identity: store.Hash{8}, Pending: 10, Rebaseline: true, Stale: true, More: true,
		Ahead: &store.Ahead{Cursor: bridge.Cursor("token"), Polls: 11},
	}
}
