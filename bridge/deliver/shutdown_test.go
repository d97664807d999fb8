package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// lasting is a sink whose attempts take a while, unless they are cut off.
func lasting(d time.Duration) *sinkFunc {
	return &sinkFunc{do: func(ctx context.Context, _ bridge.Event) (bridge.Receipt, error) {
		select {
		case <-time.After(d):
			return bridge.Receipt{Status: 200}, nil
		case <-ctx.Done():
			return bridge.Receipt{}, context.Cause(ctx)
		}
	}}
}

// D17
func TestAnAttemptInFlightMayFinishWithinTheGraceAndNoOtherStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), lasting(9*time.Second)
		for i := range 20 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		r := run(t, outbox, settings(sink))
		synctest.Wait()
		began := time.Now()
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 9*time.Second {
			t.Errorf("stopped after %s", took)
		}
		if made := len(sink.attempts()); made != 8 {
			t.Errorf("%d attempts were made, not the 8 in flight", made)
		}
		for i := range 20 {
			d := outbox.find(t, "crm", fmt.Sprintf("evt_%d_1", i))
			if done := d.State == store.Done; done != (i < 8) || d.Attempts != len(d.Log) {
				t.Errorf("%s is %s after %d attempts", d.Event.ID, d.State, d.Attempts)
			}
		}
		if held := outbox.outstanding(); held != 0 {
			t.Errorf("%d claims were left behind", held)
		}
	})
}

// D17
func TestAnAttemptThatOutlastsTheGraceIsCutOffAndNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), lasting(14*time.Second)
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		r := run(t, outbox, settings(sink))
		synctest.Wait()
		began := time.Now()
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("stopped after %s", took)
		}
		d := outbox.find(t, "crm", "evt_a_1")
		if d.State != store.Pending || d.Attempts != 0 || len(d.Log) != 0 || !d.Due.Equal(began) {
			t.Errorf("%s, %d attempts, due %s", d.State, d.Attempts, d.Due)
		}
		if r.seen.of("crm deferred") != 0 || r.log.lines("sink fails") != 0 {
			t.Error("the cut was taken for a failure of the sink")
		}
		run(t, outbox, settings(accepting()))
		synctest.Wait()
		if d := outbox.find(t, "crm", "evt_a_1"); d.State != store.Done || d.Attempts != 1 {
			t.Errorf("after a restart: %s, %d attempts", d.State, d.Attempts)
		}
	})
}

// D17: what the receiver said before the cut counts.
func TestAnAnswerThatCameBeforeTheCutIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(ctx context.Context, _ bridge.Event) (bridge.Receipt, error) {
			<-ctx.Done()
			return bridge.Receipt{Status: 500}, errors.New("status 500")
		}
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		r := run(t, outbox, settings(sink))
		synctest.Wait()
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if d := outbox.find(t, "crm", "evt_a_1"); d.Attempts != 1 || d.Log[0].Error != "status 500" {
			t.Errorf("%d attempts: %+v", d.Attempts, d.Log)
		}
	})
}

func TestAStoreThatFailsIsAskedAgainMoreAndMoreSeldomAndLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		outbox.failing("Claim", errors.New("disk on fire"))
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		r := run(t, outbox, settings(sink))
		time.Sleep(time.Hour)
		if calls := outbox.count("Claim"); calls < 60 || calls > 400 {
			t.Errorf("asked %d times in an hour", calls)
		}
		outbox.failing("Claim", nil)
		time.Sleep(time.Minute)
		if d := outbox.find(t, "crm", "evt_a_1"); d.State != store.Done {
			t.Errorf("after the store recovered the delivery is %s", d.State)
		}
		if r.log.lines("disk on fire") != 1 || r.log.lines("store recovered") != 1 {
			t.Errorf("logged:\n%s", r.log.text.String())
		}
	})
}

func TestAnOutcomeThatCannotBeWrittenIsKeptAndNotAttemptedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		outbox.failing("Settle", errors.New("disk on fire"))
		for i := range 500 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		run(t, outbox, settings(sink))
		time.Sleep(time.Hour)
		if made := len(sink.attempts()); made == 0 || made > 40 {
			t.Errorf("%d attempts were made whose outcome could not be written", made)
		}
		outbox.failing("Settle", nil)
		time.Sleep(time.Minute)
		if made := len(sink.attempts()); made != 500 {
			t.Errorf("%d attempts for 500 deliveries", made)
		}
	})
}

func TestStoppingWithAStoreThatFailsReturnsItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, fire := newMemory(), errors.New("disk on fire")
		outbox.failing("Settle", fire)
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		r := run(t, outbox, settings(accepting()))
		synctest.Wait()
		if err := r.stop(); !errors.Is(err, fire) {
			t.Errorf("stopped with %v", err)
		}
	})
}

func TestAnIdleLoopHardlyAsksTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox := newMemory()
		run(t, outbox, settings(accepting()))
		time.Sleep(time.Hour)
		if calls := outbox.count("Claim"); calls > 130 {
			t.Errorf("an idle loop asked %d times in an hour", calls)
		}
	})
}

func TestAFullLoopWaitsWithoutAskingTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox := newMemory()
		for i := range 1000 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		s := settings(hanging())
		s.Timeout = time.Hour
		run(t, outbox, s)
		time.Sleep(30 * time.Minute)
		if calls := outbox.count("Claim"); calls > 5 {
			t.Errorf("asked %d times while every attempt hangs", calls)
		}
	})
}

// O6
func TestAStreakOfFailuresIsLoggedOnceAndSoIsItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), refusing(errors.New("status 502"))
		for i := range 50 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		r := run(t, outbox, settings(sink))
		time.Sleep(20 * time.Minute)
		sink.mu.Lock()
		sink.do = accepting().do
		sink.mu.Unlock()
		time.Sleep(24 * time.Hour)
		if r.log.lines("sink fails") != 1 || r.log.lines("sink recovered") != 1 ||
			r.log.lines("fails for everyone") != 1 || r.log.lines("") != 3 {
			t.Errorf("logged:\n%s", r.log.text.String())
		}
	})
}

func TestAReceiverThatFailsNowAndThenDoesNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(_ context.Context, e bridge.Event) (bridge.Receipt, error) {
			if e.Revision%2 == 0 {
				return bridge.Receipt{}, errors.New("status 500")
			}
			return bridge.Receipt{}, nil
		}
		s := settings(sink)
		s.Schedule = nil
		r := run(t, outbox, s)
		for i := range 600 {
			outbox.add(t, "crm", store.Hash{}, event("a", i))
			time.Sleep(time.Second)
		}
		if warnings := r.log.lines("sink fails"); warnings < 9 || warnings > 11 {
			t.Errorf("%d warnings in ten minutes", warnings)
		}
	})
}
