package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// D6
func TestASinkThatHangsSlowsNoOtherSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, stuck, well := newMemory(), hanging(), accepting()
		other := settings(well)
		other.Name = "ops"
		run(t, outbox, settings(stuck))
		run(t, outbox, other)
		for i := range 100 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
			outbox.add(t, "ops", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		synctest.Wait()
		if made := len(well.attempts()); made != 100 {
			t.Errorf("%d of 100 arrived while the other sink hangs", made)
		}
	})
}

// D6
func TestAStuckKeySlowsNoOtherKeyOfItsSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
			if e.Key == "stuck" {
				<-ctx.Done()
				return bridge.Receipt{}, ctx.Err()
			}
			return bridge.Receipt{}, nil
		}
		for i := range 100 {
			outbox.add(t, "crm", ordered("stuck"), event("stuck", i))
			outbox.add(t, "crm", ordered(fmt.Sprint(i)), event(fmt.Sprint(i), 1))
		}
		run(t, outbox, settings(sink))
		synctest.Wait()
		if made := len(sink.attempts()); made != 101 {
			t.Errorf("%d attempts at once, not 100 of the other keys and one of the stuck", made)
		}
	})
}

// D6 and D7: burying revision n lets n+1 go.
func TestAPoisonEventIsBuriedAndTheNextOfItsKeyGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(_ context.Context, e bridge.Event) (bridge.Receipt, error) {
			if e.Revision == 1 {
				return bridge.Receipt{Status: 400}, errors.New("status 400")
			}
			return bridge.Receipt{}, nil
		}
		outbox.add(t, "crm", ordered("a"), event("a", 1))
		outbox.add(t, "crm", ordered("a"), event("a", 2))
		s := settings(sink)
		s.Schedule = []time.Duration{time.Minute, time.Minute}
		run(t, outbox, s)
		time.Sleep(time.Hour)
		want := []string{"evt_a_1", "evt_a_1", "evt_a_1", "evt_a_2"}
		if got := sink.ids(); !slices.Equal(got, want) {
			t.Errorf("attempts were %v", got)
		}
		last := sink.attempts()[3].at.Sub(sink.attempts()[2].at)
		if last != 0 {
			t.Errorf("revision 2 went %s after 1 was buried", last)
		}
	})
}

// D7
func TestTheOrderOfASinkHoldsByKeyAndStrictly(t *testing.T) {
	for name, tc := range map[string]struct {
		order func(key string) store.Hash
		want  string
	}{
		"key":    {ordered, "a1 b1 a1 a2 a3 b2"},
		"strict": {func(string) store.Hash { return store.Hash{9} }, "a1 a1 a2 a3 b1 b2"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outbox, sink := newMemory(), accepting()
				sink.do = failFirst(sink, "evt_a_1")
				for _, e := range []bridge.Event{event("a", 1), event("a", 2), event("a", 3), event("b", 1), event("b", 2)} {
					outbox.add(t, "crm", tc.order(e.Key), e)
				}
				run(t, outbox, settings(sink))
				time.Sleep(time.Minute)
				if got := short(sink.ids()); byKey(got) != byKey(tc.want) || name == "strict" && got != tc.want {
					t.Errorf("attempts were %s, not %s", got, tc.want)
				}
			})
		})
	}
}

// D7
func TestASinkWithoutOrderWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), hanging()
		for revision := range 5 {
			outbox.add(t, "crm", store.Hash{}, event("a", revision))
		}
		run(t, outbox, settings(sink))
		synctest.Wait()
		if made := len(sink.attempts()); made != 5 {
			t.Errorf("%d of 5 attempts began while the first hangs", made)
		}
	})
}

// failFirst fails the first attempt of one event, after a while.
func failFirst(sink *sinkFunc, id string) func(context.Context, bridge.Event) (bridge.Receipt, error) {
	return func(_ context.Context, e bridge.Event) (bridge.Receipt, error) {
		time.Sleep(time.Second)
		made := sink.ids()
		if e.ID == id && slices.Index(made, id) == len(made)-1-slices.Index(reversed(made), id) {
			return bridge.Receipt{}, errors.New("status 500")
		}
		return bridge.Receipt{}, nil
	}
}

func reversed(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Reverse(ids)
	return ids
}

func short(ids []string) string {
	return strings.NewReplacer("evt_", "", "_", "").Replace(strings.Join(ids, " "))
}

// byKey sorts attempts by key and keeps their order within it: what different keys do side by side is free.
func byKey(attempts string) string {
	words := strings.Fields(attempts)
	slices.SortStableFunc(words, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
	return strings.Join(words, " ")
}

// D3, D7: whatever fails, each key's revisions are attempted in order, none is lost, and none is attempted
// more often than the schedule has it, nor again after it was settled.
func TestOrderAndCountsHoldUnderRandomFailures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plan := plan{
			keys:        rapid.IntRange(1, 8).Draw(rt, "keys"),
			revisions:   rapid.IntRange(1, 6).Draw(rt, "revisions"),
			concurrency: rapid.IntRange(1, 9).Draw(rt, "concurrency"),
			seed:        rapid.Int64().Draw(rt, "seed"),
			failing:     rapid.Float64Range(0, 0.9).Draw(rt, "failing"),
			commits:     rapid.Float64Range(0, 0.5).Draw(rt, "failing commits"),
			stops:       rapid.IntRange(0, 3).Draw(rt, "stops"),
		}
		synctest.Test(t, func(t *testing.T) { plan.check(t) })
	})
}

type plan struct {
	keys, revisions, concurrency int
	seed                         int64
	failing, commits             float64
	stops                        int
	batch                        int // events in one attempt; 0: no batches
}

func (p plan) check(t *testing.T) {
	random := rand.New(rand.NewSource(p.seed))      // of the test
	answers := rand.New(rand.NewSource(p.seed + 1)) // of the sink, under its lock
	outbox, sink := newMemory(), accepting()
	sink.do = func(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
		sink.mu.Lock()
		fails, permanent, takes := answers.Float64() < p.failing, answers.Float64() < 0.05, answers.Intn(20)
		sink.mu.Unlock()
		time.Sleep(time.Duration(takes) * time.Second)
		switch {
		case ctx.Err() != nil:
			return bridge.Receipt{}, ctx.Err()
		case permanent:
			return bridge.Receipt{}, bridge.Permanent(errors.New("hopeless"))
		case fails:
			return bridge.Receipt{Status: 500}, errors.New("status 500")
		}
		return bridge.Receipt{Status: 200}, nil
	}
	for revision := range p.revisions {
		for key := range p.keys {
			name := fmt.Sprintf("k%d", key)
			outbox.add(t, "crm", ordered(name), event(name, revision+1))
		}
	}
	s, batches := p.settings(sink)
	s.Concurrency, s.Jitter = p.concurrency, 0.2
	s.Schedule = []time.Duration{time.Second, time.Minute, time.Hour}
	for range p.stops {
		r := run(t, outbox, s)
		time.Sleep(time.Duration(random.Intn(100)) * time.Second)
		if random.Float64() < p.commits {
			outbox.failing("Settle", errors.New("disk on fire"))
			time.Sleep(time.Duration(random.Intn(60)) * time.Second)
			outbox.failing("Settle", nil)
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if held := outbox.outstanding(); held != 0 {
			t.Fatalf("%d claims were left behind", held)
		}
	}
	run(t, outbox, s)
	time.Sleep(24 * time.Hour)
	p.judge(t, outbox, sink)
	batches.judge(t)
}

// settings are those of the sink, or of one that sends each batch of events one by one.
func (p plan) settings(sink *sinkFunc) (deliver.Settings, *batchFunc) {
	if p.batch == 0 {
		return settings(sink), nil
	}
	batches := &batchFunc{sinkFunc: sink}
	batches.answers = func(ids []string) (receipt bridge.Receipt, err error) {
		for i, id := range ids {
			one, cause := sink.Send(context.Background(), bridge.Event{ID: id})
			if i == 0 || cause != nil {
				receipt, err = one, cause
			}
		}
		return receipt, err
	}
	s := settings(batches)
	s.Batch = deliver.Batch{Max: p.batch, Wait: time.Second}
	return s, batches
}

// judge checks that an id always bears the same events.
func (b *batchFunc) judge(t *testing.T) {
	if b == nil {
		return
	}
	known := map[string][]string{}
	for _, one := range b.made() {
		if before, ok := known[one.id]; ok && !slices.Equal(before, one.ids) {
			t.Errorf("%s was sent with %v and with %v", one.id, before, one.ids)
		}
		known[one.id] = one.ids
	}
}

func (p plan) judge(t *testing.T, outbox *memory, sink *sinkFunc) {
	reached := map[string]int{}
	for _, m := range sink.attempts() {
		d := outbox.find(t, "crm", m.id)
		key, revision := d.Event.Key, int(d.Event.Revision)
		if revision < reached[key] || revision > reached[key]+1 {
			t.Errorf("%s: revision %d was attempted after %d", key, revision, reached[key])
		}
		reached[key] = revision
	}
	for _, d := range outbox.deliveries() {
		if d.State == store.Pending || d.Attempts < 1 || d.Attempts > 4 || d.Attempts != len(d.Log) {
			t.Errorf("%s is %s after %d attempts", d.Event.ID, d.State, d.Attempts)
		}
		if good := d.Log[len(d.Log)-1].Class == ""; good != (d.State == store.Done) {
			t.Errorf("%s is %s, and its last attempt was %+v", d.Event.ID, d.State, d.Log[len(d.Log)-1])
		}
	}
}
