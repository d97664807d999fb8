package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// batchFunc is a sink of batches, which notes what it was given.
type batchFunc struct {
	*sinkFunc
	mu      sync.Mutex
	batches []sent
	fits    int // events in one attempt; 0: any number
	answers func(ids []string) (bridge.Receipt, error)
}

type sent struct {
	id  string
	ids []string
	at  time.Time
}

func (b *batchFunc) Fit(events []bridge.Event) int {
	if b.fits > 0 {
		return min(b.fits, len(events))
	}
	return len(events)
}

func (b *batchFunc) SendBatch(_ context.Context, id string, events []bridge.Event) (bridge.Receipt, error) {
	one := sent{id: id, at: time.Now()}
	for _, e := range events {
		one.ids = append(one.ids, e.ID)
	}
	b.mu.Lock()
	b.batches = append(b.batches, one)
	answers := b.answers
	b.mu.Unlock()
	return answers(one.ids)
}

// made returns the batches that were sent so far.
func (b *batchFunc) made() []sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]sent(nil), b.batches...)
}

// becomes makes the sink answer otherwise from now on.
func (b *batchFunc) becomes(answers func(ids []string) (bridge.Receipt, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers = answers
}

func (b *batchFunc) sizes() (sizes []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.batches {
		sizes = append(sizes, len(one.ids))
	}
	return sizes
}

func batching(status int) *batchFunc {
	return &batchFunc{sinkFunc: accepting(), answers: func([]string) (bridge.Receipt, error) { return answer(status) }}
}

func inBatches(sink bridge.Sink) deliver.Settings {
	s := settings(sink)
	s.Batch = deliver.Batch{Max: 100, Wait: 2 * time.Second}
	return s
}

func TestEventsLeaveInBatchesAsSoonAsThereAreEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(200)
		fillWith(t, outbox, 250)
		began := time.Now()
		run(t, outbox, inBatches(sink))
		time.Sleep(time.Minute)
		if sizes := sink.sizes(); !slices.Equal(sizes, []int{100, 100, 50}) {
			t.Fatalf("batches of %v", sizes)
		}
		if full, rest := sink.made()[1].at.Sub(began), sink.made()[2].at.Sub(began); full != 0 || rest != 2*time.Second {
			t.Errorf("the full ones left after %s, the rest after %s", full, rest)
		}
		for _, d := range outbox.deliveries() {
			if d.State != store.Done || d.Attempts != 1 {
				t.Fatalf("%s is %s after %d attempts", d.Event.ID, d.State, d.Attempts)
			}
		}
	})
}

func TestABatchWaitsNoLongerThanItsFirstEventMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(200)
		run(t, outbox, inBatches(sink))
		began := time.Now()
		for i := range 20 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
			time.Sleep(600 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		if sizes := sink.sizes(); !slices.Equal(sizes, []int{4, 4, 4, 4, 4}) {
			t.Fatalf("batches of %v", sizes)
		}
		for i, one := range sink.made() {
			if late := one.at.Sub(began) - time.Duration(i)*2400*time.Millisecond; late != 2*time.Second {
				t.Errorf("batch %d left %s after its first event", i, late)
			}
		}
	})
}

// D2 for batches: the same events under the same id, at each attempt.
func TestABatchIsTheSameAtEachAttemptAndOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(503)
		fillWith(t, outbox, 30)
		for i := range 5 {
			r := run(t, outbox, inBatches(sink))
			time.Sleep(time.Hour)
			fillAfter(t, outbox, i)
			time.Sleep(time.Minute)
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
		}
		known := map[string][]string{}
		attempts := 0
		for _, one := range sink.made() {
			if before, ok := known[one.id]; ok && !slices.Equal(before, one.ids) {
				t.Fatalf("%s was sent with %v and with %v", one.id, before, one.ids)
			}
			known[one.id] = one.ids
			if len(one.ids) == 30 {
				attempts++
			}
		}
		if attempts < 4 {
			t.Errorf("the first batch was attempted %d times", attempts)
		}
	})
}

// fillAfter queues two events more.
func fillAfter(t *testing.T, outbox *memory, round int) {
	for i := range 2 {
		outbox.add(t, "crm", store.Hash{}, event(fmt.Sprintf("later%d-%d", round, i), 1))
	}
}

func TestABatchIsDurableBeforeItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(200)
		fillWith(t, outbox, 3)
		outbox.failing("Bind", errors.New("disk on fire"))
		r := run(t, outbox, inBatches(sink))
		time.Sleep(time.Hour)
		if sizes := sink.sizes(); len(sizes) != 0 {
			t.Fatalf("batches of %v left that were not bound", sizes)
		}
		if calls := outbox.count("Bind"); calls < 100 || calls > 400 || r.log.lines("store fails") != 1 {
			t.Errorf("%d calls in an hour, logged %s", calls, r.log.text.String())
		}
		outbox.failing("Bind", nil)
		time.Sleep(time.Minute)
		if sizes := sink.sizes(); !slices.Equal(sizes, []int{3}) || !slices.Equal(outbox.bounds()[0], sink.made()[0].ids) {
			t.Errorf("batches of %v, bound were %v", sizes, outbox.bounds())
		}
	})
}

// D6 for batches: a poison event buries only itself.
func TestABatchThatIsRefusedIsTakenApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(200)
		sink.answers = func(ids []string) (bridge.Receipt, error) {
			if slices.Contains(ids, "evt_7_1") {
				return answer(422)
			}
			return answer(200)
		}
		fillWith(t, outbox, 40)
		run(t, outbox, inBatches(sink))
		time.Sleep(5 * time.Second)
		for _, d := range outbox.deliveries() {
			if poison := d.Event.ID == "evt_7_1"; (d.State == store.Done) == poison {
				t.Errorf("%s is %s after %d attempts", d.Event.ID, d.State, d.Attempts)
			}
		}
		for _, one := range sink.made()[1:] {
			if len(one.ids) != 1 || one.id != one.ids[0] {
				t.Errorf("then %v left under %s", one.ids, one.id)
			}
		}
		time.Sleep(100 * time.Hour)
		if d := outbox.find(t, "crm", "evt_7_1"); d.State != store.Buried || d.Attempts != 10 {
			t.Errorf("the poison event is %s after %d attempts", d.State, d.Attempts)
		}
	})
}

func TestABatchThatFailsForLongIsTakenApartBeforeItsLastAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(200)
		sink.answers = func(ids []string) (bridge.Receipt, error) {
			if slices.Contains(ids, "evt_7_1") {
				return answer(500)
			}
			return answer(200)
		}
		fillWith(t, outbox, 10)
		run(t, outbox, inBatches(sink))
		time.Sleep(100 * time.Hour)
		for _, d := range outbox.deliveries() {
			want := store.Done
			if d.Event.ID == "evt_7_1" {
				want = store.Buried
			}
			if d.State != want || d.Attempts != 10 {
				t.Errorf("%s is %s after %d attempts", d.Event.ID, d.State, d.Attempts)
			}
		}
	})
}

func TestABatchHoldsNoMoreThanThePluginCanSendAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(200)
		sink.fits = 30
		fillWith(t, outbox, 100)
		run(t, outbox, inBatches(sink))
		time.Sleep(time.Minute)
		sizes := sink.sizes()
		if slices.Sort(sizes); !slices.Equal(sizes, []int{10, 30, 30, 30}) {
			t.Errorf("batches of %v", sizes)
		}
	})
}

// A part of a batch that an operator has sent on its own meanwhile leaves the rest free.
func TestABatchOfWhichAPartIsMissingIsDissolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), batching(503)
		fillWith(t, outbox, 3)
		r := run(t, outbox, inBatches(sink))
		time.Sleep(3 * time.Second)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		outbox.drop(1)
		sink.becomes(func([]string) (bridge.Receipt, error) { return answer(200) })
		run(t, outbox, inBatches(sink))
		time.Sleep(time.Minute)
		last := sink.made()[len(sink.made())-1]
		if strings.Join(last.ids, " ") != "evt_0_1 evt_2_1" || last.id == sink.made()[0].id {
			t.Errorf("%v left under %s, before it %v under %s", last.ids, last.id, sink.made()[0].ids, sink.made()[0].id)
		}
	})
}

// Whatever fails: every event is taken or buried, the same id bears the same events, and each item's events
// leave in their order.
func TestBatchesKeepOrderAndIdentityUnderRandomFailures(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plan := plan{
			keys:        rapid.IntRange(1, 12).Draw(rt, "keys"),
			revisions:   rapid.IntRange(1, 4).Draw(rt, "revisions"),
			concurrency: rapid.IntRange(1, 3).Draw(rt, "concurrency"),
			seed:        rapid.Int64().Draw(rt, "seed"),
			failing:     rapid.Float64Range(0, 0.8).Draw(rt, "failing"),
			commits:     rapid.Float64Range(0, 0.5).Draw(rt, "failing commits"),
			stops:       rapid.IntRange(0, 3).Draw(rt, "stops"),
			batch:       rapid.IntRange(1, 5).Draw(rt, "batch"),
		}
		synctest.Test(t, func(t *testing.T) { plan.check(t) })
	})
}
