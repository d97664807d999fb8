package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// commitTests are statement P1 at the level of the store: state and events move together.
func commitTests() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"an item's body and key are given back to the byte": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(1, `{"<&>":1.0}`)}})
			f.reopen()
			got, err := f.stored("orders", 1)
			f.must(err)
			f.equal("item", []string{got.Key, string(got.Body)}, []string{"item-1", `{"<&>":1.0}`})
		},
		"a put without a body moves the entry and leaves the snapshot": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(1, "{}")}})
			moved := store.Put{Entry: store.Entry{Key: store.Hash{1}, Absent: 2, Left: -5, Revision: 1}}
			f.commit(store.Commit{Put: []store.Put{moved}})
			f.equal("entries", f.entries("orders"), []store.Entry{moved.Entry})
			got, err := f.stored("orders", 1)
			f.must(err)
			f.equal("body", string(got.Body), "{}")
		},
		"dropping forgets entry and snapshot": func(f *fixture) {
			f.commit(store.Commit{Put: []store.Put{put(1, "{}"), put(2, "{}")}})
			f.commit(store.Commit{Drop: []store.Entry{{Key: store.Hash{1}}}})
			f.equal("entries", f.entries("orders"), []store.Entry{put(2, "").Entry})
			if _, err := f.stored("orders", 1); !errors.Is(err, store.ErrNotFound) {
				f.Fatalf("got %v, want ErrNotFound", err)
			}
		},
		"items of 16 MiB and events with two of them pass through": func(f *fixture) {
			before, after := large(1), large(2)
			e := event("e1")
			e.Before, e.After = before, after
			for _, body := range [][]byte{before, after} {
				p := put(1, string(body))
				f.commit(store.Commit{Put: []store.Put{p}})
			}
			f.commit(store.Commit{
				Put:    []store.Put{put(1, string(after))},
				Append: []store.Append{{Event: e, To: []store.Target{{Sink: "hook"}}}},
			})
			f.reopen()
			got, err := f.stored("orders", 1)
			f.must(err)
			f.equal("stored", bytes.Equal(got.Body, after), true)
			claimed := f.claim(1)
			f.equal("claimed", ids(claimed), []string{"e1"})
			f.equal("before", bytes.Equal(claimed[0].Event.Before, before), true)
			f.equal("after", bytes.Equal(claimed[0].Event.After, after), true)
			f.commit(store.Commit{Put: []store.Put{put(1, "{}")}})
			got, err = f.stored("orders", 1)
			f.must(err)
			f.equal("small again", string(got.Body), "{}")
		},
		"a full chunk whose items each send an event with both states to three sinks is one commit": func(f *fixture) {
			body := bytes.Repeat([]byte("x"), store.ChunkBytes/store.ChunkItems)
			c := store.Commit{}
			for i := range store.ChunkItems {
				p := put(1, string(body))
				p.Entry.Key = store.Hash{byte(i), byte(i >> 8)}
				e := event(fmt.Sprint("e", i))
				e.Before, e.After, e.Data = body, body, body
				c.Put = append(c.Put, p)
				c.Append = append(c.Append, store.Append{
					Event: e,
					To: []store.Target{
						{Sink: "hook", Order: store.Hash{1, byte(i)}}, {Sink: "b", Order: store.Hash{2}}, {Sink: "c"},
					},
				})
			}
			f.commit(c)
			f.equal("entries", len(f.entries("orders")), store.ChunkItems)
			f.equal("events", len(f.events(store.Filter{})), store.ChunkItems)
			f.equal("claimed", len(f.claim(1)), 256)
		},
		"a full chunk of items that lie far apart, each with a state that settles and an event to two sinks, is one commit": func(f *fixture) {
			const apart = 10
			far := func(i int) store.Put {
				p := put(1, "{}")
				p.Entry.Key = store.Hash{byte(i), byte(i >> 8)}
				p.Entry.Born, p.Entry.Revision, p.Entry.Absent, p.Entry.Left = 1<<41, 1<<20, 1<<10, 1<<40
				p.Entry.Candidate = &store.Candidate{Digest: store.Hash{1}, Polls: 1 << 10}
				return p
			}
			for chunk := range apart {
				c := store.Commit{}
				for i := range store.ChunkItems {
					c.Put = append(c.Put, far(chunk*store.ChunkItems+i))
				}
				f.commit(c)
			}
			body, c := bytes.Repeat([]byte("x"), store.ChunkBytes/store.ChunkItems), store.Commit{}
			for i := range store.ChunkItems {
				p := far(i * apart)
				p.Body, p.Entry.Revision = body, 1<<20+1
				c.Put = append(c.Put, p)
				order := store.Hash{1, byte(i), byte(i >> 8)}
				c.Append = append(c.Append, store.Append{
					Event: event(fmt.Sprint("e", i)), To: []store.Target{{Sink: "hook", Order: order}, {Sink: "b", Order: order}},
				})
			}
			f.commit(c)
			f.equal("events", len(f.events(store.Filter{})), store.ChunkItems)
			changed := 0
			for _, e := range f.entries("orders") {
				if e.Revision == 1<<20+1 {
					changed++
				}
			}
			f.equal("entries changed", changed, store.ChunkItems)
		},
		"a commit whose context has ended changes nothing": func(f *fixture) {
			ctx, cancel := context.WithCancel(f.Context())
			cancel()
			err := f.store.Commit(ctx, store.Commit{Source: "orders", Put: []store.Put{put(1, "{}")}})
			if !errors.Is(err, context.Canceled) {
				f.Fatalf("got %v, want the context's error", err)
			}
			f.equal("entries", len(f.entries("orders")), 0)
		},
	}
}

// large is a body of 16 MiB that differs by seed.
func large(seed byte) []byte {
	body := bytes.Repeat([]byte{'a' + seed}, 16<<20)
	body[0], body[len(body)-1] = '"', '"'
	return body
}
