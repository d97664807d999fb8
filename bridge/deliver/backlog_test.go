package deliver_test

import (
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
)

var backlog = flag.Int("backlog", 5000, "deliveries that wait for the sink that is down")

// flat bounds what the heap may grow by, however many deliveries wait: what a loop claims ahead, and the
// memtables of the store.
const flat = 64 << 20

// R8, D6: a sink that is down for a day, with a backlog that may be large, holds nobody up, takes no memory for it,
// and gets all of it in order when it is back.
func TestABacklogOfADayStaysOnDiskAndDrainsInOrder(t *testing.T) {
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		state := open(t, path)
		defer state.Close()
		before := heap()
		queueBacklog(t, state, *backlog)
		down, other := answering(503), accepting()
		ops := settings(other)
		ops.Name = "ops"
		r, _ := run(t, state, settings(down)), run(t, state, ops)
		for hour := range 24 {
			appendTo(t, state, "ops", event("news", hour+1))
			time.Sleep(time.Hour)
			if made := len(other.attempts()); made != hour+1 {
				t.Fatalf("after %d hours the other sink had got %d events", hour+1, made)
			}
		}
		if grown := heap() - before; grown > flat {
			t.Errorf("the heap grew by %d MiB under %d deliveries", grown>>20, *backlog)
		}
		tried := len(down.attempts())
		began := time.Now()
		down.becomes(answering(200))
		for pending := *backlog; pending > 0; pending = queued(t, state) {
			time.Sleep(time.Minute)
		}
		t.Logf("%d attempts in a day; then %d deliveries in %s", tried, *backlog, time.Since(began))
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		inOrder(t, down.attempts()[tried:])
	})
}

// queueBacklog queues ten revisions of each item.
func queueBacklog(t *testing.T, state *badger.Store, count int) {
	t.Helper()
	var some []bridge.Event
	for i := range count {
		some = append(some, event(fmt.Sprintf("k%d", i%(count/10)), i/(count/10)+1))
		if len(some) == 500 || i == count-1 {
			enqueue(t, state, store.OrderKey, some...)
			some = some[:0]
		}
	}
}

func appendTo(t *testing.T, state *badger.Store, sink string, e bridge.Event) {
	t.Helper()
	all := []store.Append{{Event: e, To: []store.Target{{Sink: sink}}}}
	if err := state.Commit(t.Context(), store.Commit{Source: "tickets", Append: all}); err != nil {
		t.Fatal(err)
	}
}

func queued(t *testing.T, state *badger.Store) int {
	t.Helper()
	queues, err := state.Queue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return queues["crm"].Pending
}

// inOrder checks that the attempts go up by revision for each key, and that none is missing.
func inOrder(t *testing.T, made []made) {
	t.Helper()
	reached := map[string]int{}
	for _, m := range made {
		parts := strings.Split(m.id, "_")
		revision, err := strconv.Atoi(parts[2])
		if err != nil {
			t.Fatal(err)
		}
		if revision != reached[parts[1]]+1 {
			t.Fatalf("%s: revision %d after %d", parts[1], revision, reached[parts[1]])
		}
		reached[parts[1]] = revision
	}
	if len(made) != *backlog {
		t.Errorf("%d of %d were delivered", len(made), *backlog)
	}
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
