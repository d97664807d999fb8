package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// D3
func TestAFailingDeliveryIsTriedAtTheInstantsOfTheScheduleAndThenBuried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), refusing(errors.New("status 502"))
		began := time.Now()
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		run(t, outbox, settings(sink))
		time.Sleep(7 * 24 * time.Hour)
		var offsets []time.Duration
		for _, m := range sink.attempts() {
			offsets = append(offsets, m.at.Sub(began))
		}
		want := []time.Duration{0}
		for _, wait := range deliver.DefaultSchedule() {
			want = append(want, want[len(want)-1]+wait)
		}
		if !slices.Equal(offsets, want) {
			t.Errorf("attempts after %v, not %v", offsets, want)
		}
		d := outbox.find(t, "crm", "evt_a_1")
		if d.State != store.Buried || d.Reason != "10 attempts failed, the last: status 502" || d.Attempts != 10 {
			t.Errorf("%s after %d attempts: %q", d.State, d.Attempts, d.Reason)
		}
	})
}

// D8, in part: what waits for its turn at the receiver consumes no attempt, however often, and is not counted.
func TestADeliveryThatIsPutOffCostsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		until := time.Now().Add(time.Hour)
		sink.do = func(context.Context, bridge.Event) (bridge.Receipt, error) {
			if time.Now().Before(until) {
				return bridge.Receipt{}, fmt.Errorf("permit: %w", bridge.PutOff(errors.New("not now"), 3*time.Minute))
			}
			return bridge.Receipt{Status: 200}, nil
		}
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		run(t, outbox, settings(sink))
		time.Sleep(2 * time.Hour)
		d := outbox.find(t, "crm", "evt_a_1")
		if d.State != store.Done || d.Attempts != 1 || len(d.Log) != 1 || d.Log[0].Status != 200 {
			t.Errorf("%s after %d attempts: %+v", d.State, d.Attempts, d.Log)
		}
		if made := sink.attempts(); len(made) != 21 || made[20].at != until {
			t.Errorf("it was given to the sink %d times, the last at %s", len(made), made[len(made)-1].at)
		}
	})
}

// D3
func TestEachWaitIsSpreadByTheJitterAndNoFurther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(400)
		for i := range 200 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		s := settings(sink)
		s.Schedule, s.Jitter = []time.Duration{100 * time.Second}, 0.2
		run(t, outbox, s)
		began := time.Now()
		time.Sleep(time.Hour)
		shortest, longest := time.Hour, time.Duration(0)
		for _, m := range sink.attempts()[200:] {
			shortest, longest = min(shortest, m.at.Sub(began)), max(longest, m.at.Sub(began))
		}
		if shortest < 80*time.Second || shortest > 90*time.Second || longest > 120*time.Second || longest < 110*time.Second {
			t.Errorf("waits from %s to %s, not spread over 80s to 120s", shortest, longest)
		}
	})
}

// D4
func TestAReceiverThatAsksForALongerWaitGetsItUpToADay(t *testing.T) {
	for _, tc := range []struct{ asked, want time.Duration }{
		{0, 5 * time.Second},
		{time.Second, 5 * time.Second},
		{7 * time.Hour, 7 * time.Hour},
		{1000 * time.Hour, deliver.MaxWait},
	} {
		t.Run(tc.asked.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outbox, sink := newMemory(), refusing(bridge.RetryAfter(errors.New("status 429"), tc.asked))
				outbox.add(t, "crm", store.Hash{}, event("a", 1))
				run(t, outbox, settings(sink))
				time.Sleep(tc.want + time.Second)
				if made := sink.attempts(); len(made) < 2 || made[1].at.Sub(made[0].at) != tc.want {
					t.Errorf("attempts at %v, not %s apart", made, tc.want)
				}
			})
		})
	}
}

// D19, in part: a permanent error is what a template that fails at run time gives.
func TestAPermanentErrorBuriesAtOnceWithItsText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), refusing(bridge.Permanent(errors.New("make body: crm.hcl:3: no such thing")))
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		r := run(t, outbox, settings(sink))
		time.Sleep(72 * time.Hour)
		d := outbox.find(t, "crm", "evt_a_1")
		if d.State != store.Buried || d.Reason != "make body: crm.hcl:3: no such thing" || len(sink.attempts()) != 1 {
			t.Errorf("%s after %d attempts: %q", d.State, len(sink.attempts()), d.Reason)
		}
		if r.log.lines("delivery buried") != 1 || r.log.lines("evt_a_1") == 0 {
			t.Errorf("the burial was not logged once with the id")
		}
	})
}

func TestASinkThatPanicsBuriesTheEventAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(_ context.Context, e bridge.Event) (bridge.Receipt, error) {
			if e.Key == "poison" {
				panic("token=hunter2")
			}
			return bridge.Receipt{Status: 200}, nil
		}
		outbox.add(t, "crm", store.Hash{1}, event("poison", 1))
		outbox.add(t, "crm", store.Hash{1}, event("good", 1))
		r := run(t, outbox, settings(sink))
		time.Sleep(time.Second)
		bad, good := outbox.find(t, "crm", "evt_poison_1"), outbox.find(t, "crm", "evt_good_1")
		if bad.State != store.Buried || bad.Log[0].Class != "panic" || good.State != store.Done {
			t.Errorf("poison is %s (%+v), good is %s", bad.State, bad.Log, good.State)
		}
		if strings.Contains(bad.Reason, "hunter2") || r.log.lines("hunter2") > 0 {
			t.Errorf("what the sink panicked with is shown: %q", bad.Reason)
		}
	})
}

// D10 and D6: the attempt ends at its timeout, which the error names.
func TestAnAttemptThatHangsEndsAtItsTimeoutAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), hanging()
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		run(t, outbox, settings(sink))
		time.Sleep(16 * time.Second)
		d := outbox.find(t, "crm", "evt_a_1")
		if len(d.Log) != 1 {
			t.Fatalf("%d attempts", len(d.Log))
		}
		if a := d.Log[0]; a.Class != "timeout" || a.Error != "not done within timeout = 15s" || a.Duration != 15*time.Second {
			t.Errorf("recorded as %+v", a)
		}
	})
}

// D11
func TestEachAttemptIsRecordedWithTimeDurationStatusClassErrorAndExcerpt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(context.Context, bridge.Event) (bridge.Receipt, error) {
			time.Sleep(3 * time.Second)
			if len(sink.attempts()) == 1 {
				return bridge.Receipt{Status: 503, Excerpt: "down\xff" + strings.Repeat("é", 4000)}, errors.New("status 503")
			}
			return bridge.Receipt{Status: 204}, nil
		}
		began := time.Now()
		outbox.add(t, "crm", store.Hash{}, event("a", 1))
		r := run(t, outbox, settings(sink))
		time.Sleep(time.Minute)
		log := outbox.find(t, "crm", "evt_a_1").Log
		if len(log) != 2 {
			t.Fatalf("%d attempts", len(log))
		}
		first, second := log[0], log[1]
		if len(first.Excerpt) > 4<<10 || !strings.HasPrefix(first.Excerpt, "down\uFFFDé") {
			t.Errorf("excerpt of %d bytes: %.20q", len(first.Excerpt), first.Excerpt)
		}
		first.Excerpt = ""
		want := store.Attempt{Time: began, Duration: 3 * time.Second, Status: 503, Class: "status", Error: "status 503"}
		if first != want {
			t.Errorf("first is %+v", first)
		}
		if want := (store.Attempt{Time: began.Add(8 * time.Second), Duration: 3 * time.Second, Status: 204}); second != want {
			t.Errorf("second is %+v", second)
		}
		if r.seen.of("crm deferred") != 1 || r.seen.of("crm delivered") != 1 {
			t.Errorf("observed %v", r.seen.count)
		}
	})
}

func TestNoMoreAttemptsRunAtATimeThanTheSinkAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(context.Context, bridge.Event) (bridge.Receipt, error) {
			time.Sleep(20 * time.Millisecond)
			return bridge.Receipt{}, nil
		}
		for i := range 1000 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		s := settings(sink)
		s.Concurrency = 10
		began := time.Now()
		run(t, outbox, s)
		for len(sink.attempts()) < 1000 {
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if sink.peak != 10 {
			t.Errorf("%d at a time, not 10", sink.peak)
		}
		if took := time.Since(began); took > 2100*time.Millisecond {
			t.Errorf("1,000 deliveries of 20ms, ten at a time, took %s", took)
		}
		if outbox.most > 10+40 {
			t.Errorf("%d were claimed at a time", outbox.most)
		}
	})
}

// V9: acknowledging costs a sync per group, not one per delivery.
func TestOutcomesThatComeInDuringACommitShareTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(context.Context, bridge.Event) (bridge.Receipt, error) {
			time.Sleep(time.Millisecond)
			return bridge.Receipt{}, nil
		}
		outbox.slow = 5 * time.Millisecond
		for i := range 1000 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		run(t, outbox, settings(sink))
		time.Sleep(time.Minute)
		if d := outbox.find(t, "crm", "evt_999_1"); d.State != store.Done {
			t.Errorf("the last one is %s", d.State)
		}
		if len(outbox.groups) > 100 {
			t.Errorf("%d commits for 1,000 deliveries", len(outbox.groups))
		}
	})
}

// V9: outcomes wait a moment for those of attempts under way, and not for one that hangs.
func TestOutcomesThatComeTogetherShareACommitAndWaitForNoneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
			if e.Key == "0" {
				<-ctx.Done()
				return bridge.Receipt{}, ctx.Err()
			}
			number, _ := strconv.Atoi(e.Key)
			time.Sleep(time.Duration(number) * 100 * time.Microsecond)
			return bridge.Receipt{}, nil
		}
		for i := range 8 {
			outbox.add(t, "crm", store.Hash{}, event(fmt.Sprint(i), 1))
		}
		began := time.Now()
		run(t, outbox, settings(sink))
		time.Sleep(5 * time.Millisecond)
		synctest.Wait()
		if !slices.Equal(outbox.groups, []int{7}) {
			t.Errorf("commits of %d outcomes after %s, want one of 7", outbox.groups, time.Since(began))
		}
	})
}

// V11: the outcome of a single attempt is written at once.
func TestAnOutcomeWaitsForNoOtherWhereNoneIsToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox := newMemory()
		outbox.add(t, "crm", store.Hash{}, event("1", 1))
		run(t, outbox, settings(accepting()))
		synctest.Wait()
		if d := outbox.find(t, "crm", "evt_1_1"); d.State != store.Done {
			t.Errorf("the delivery is %s, and no time has passed", d.State)
		}
	})
}

// Invariant 7: what is held in memory is bounded in bytes as well.
func TestLargeEventsAreClaimedFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(context.Context, bridge.Event) (bridge.Receipt, error) {
			time.Sleep(15 * time.Second)
			return answer(422)
		}
		large := event("a", 1)
		large.After = make([]byte, 16<<20)
		for i := range 200 {
			large.ID = fmt.Sprintf("evt_%d", i)
			outbox.add(t, "crm", store.Hash{}, large)
		}
		s := settings(sink)
		s.Concurrency = 2
		run(t, outbox, s)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if outbox.most > 5 {
			t.Errorf("%d events of 16 MiB were held at a time", outbox.most)
		}
		if made := len(sink.attempts()); made < 80 {
			t.Errorf("only %d attempts were made in ten minutes, two at a time of 15s", made)
		}
	})
}
