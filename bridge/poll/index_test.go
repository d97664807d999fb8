package poll

import (
	"context"
	"iter"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/store"
	"pgregory.net/rapid"
)

// listed are the entries of a source, in memory.
type listed struct {
	memories
	entries []store.Entry
}

func (l *listed) Entries(context.Context, string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for _, e := range l.entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Whatever the order in which items are listed, each is found where it is, and none that is not known.
func TestTheIndexFindsWhatIsKnownInWhateverOrderAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		from := &listed{}
		for n := range rapid.IntRange(0, 300).Draw(t, "items") {
			from.entries = append(from.entries, drawEntry(t, random, uint64(n+1)))
		}
		x, err := readIndex(t.Context(), from, "any", 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 * len(from.entries) {
			at := random.IntN(len(from.entries))
			for ; at < len(from.entries) && random.IntN(4) > 0; at++ {
				wantFound(t, x, at, from.entries[at])
			}
			if got := x.find(store.Hash{byte(random.Uint32()), 1, 2, 3}); got != -1 {
				t.Fatalf("a key that is not known was found at %d", got)
			}
		}
	})
}

func wantFound(t *rapid.T, x *index, at int, want store.Entry) {
	if got := x.find(want.Key); got != at {
		t.Fatalf("found at %d, want %d", got, at)
	}
	if got := x.entry(at); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

// drawEntry makes an entry, of which some have what few have.
func drawEntry(t *rapid.T, random *rand.Rand, slot uint64) store.Entry {
	e := store.Entry{Slot: slot, Born: 3, Revision: 7}
	for i := range e.Key {
		e.Key[i], e.Raw[i], e.Digest[i] = byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())
	}
	switch rapid.IntRange(0, 12).Draw(t, "kind") {
	case 0:
		e.Absent, e.Left = 2, 1_700_000_000
	case 1:
		e.Candidate = &store.Candidate{Digest: e.Raw, Polls: 2}
	case 2:
		e.Born = math.MaxUint64
	case 3:
		e.Revision = math.MaxUint64
	case 4:
		e.Slot += 1 << 31
	}
	return e
}
