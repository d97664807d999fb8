package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// fill queues one event for each of so many items.
func fillWith(t *testing.T, outbox *memory, items int) {
	t.Helper()
	for i := range items {
		outbox.add(t, "crm", ordered(fmt.Sprint(i)), event(fmt.Sprint(i), 1))
	}
}

// D8
func TestAnEndpointThatFailsForEveryoneGetsSingleAttemptsUntilItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(503)
		fillWith(t, outbox, 1000)
		r := run(t, outbox, settings(sink))
		time.Sleep(time.Hour)
		made := len(sink.attempts())
		if made < 60 || made > 90 {
			t.Errorf("%d attempts in an hour at an endpoint that is down", made)
		}
		if status, err := r.loop.Status(t.Context()); err != nil || !status.Broken || !r.seen.stood().Broken {
			t.Errorf("status is %+v, %v, and told was %+v", status, err, r.seen.stood())
		}
		sink.becomes(answering(200))
		time.Sleep(75 * time.Second)
		if done := len(sink.attempts()) - made; done < 900 {
			t.Errorf("%d of 1000 left within 75 s of the endpoint's return", done)
		}
		if status, _ := r.loop.Status(t.Context()); status.Broken || r.seen.stood().Broken {
			t.Error("it still counts as broken")
		}
	})
}

// D8: what waits behind a breaker loses none of its attempts.
func TestABrokenEndpointUsesUpTheAttemptsOfHardlyAnyDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(503)
		fillWith(t, outbox, 1000)
		run(t, outbox, settings(sink))
		time.Sleep(6 * time.Hour)
		attempted := 0
		for _, d := range outbox.deliveries() {
			if d.State != store.Pending {
				t.Fatalf("%s is %s", d.Event.ID, d.State)
			}
			attempted += d.Attempts
		}
		if attempted > 450 {
			t.Errorf("%d attempts were used up by six hours of 1000 deliveries to an endpoint that is down", attempted)
		}
	})
}

// D6: refusals of single events say nothing of the endpoint.
func TestEventsThatAReceiverRefusesDoNotBreakItsSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(422)
		fillWith(t, outbox, 50)
		r := run(t, outbox, settings(sink))
		synctest.Wait()
		if status, _ := r.loop.Status(t.Context()); status.Broken || len(sink.attempts()) != 50 {
			t.Errorf("%+v after %d attempts at once", status, len(sink.attempts()))
		}
	})
}

// D3: a delivery that fails alone follows its schedule.
func TestFourDeliveriesThatFailFollowTheirSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(503)
		fillWith(t, outbox, 4)
		run(t, outbox, settings(sink))
		time.Sleep(76 * time.Hour)
		for _, d := range outbox.deliveries() {
			if d.State != store.Buried || d.Attempts != 10 {
				t.Errorf("%s is %s after %d attempts", d.Event.ID, d.State, d.Attempts)
			}
		}
	})
}

// D4: what a receiver asks of one delivery holds up the others for no longer than a minute.
func TestAReceiverThatIsAskedTooMuchGetsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		first := true
		sink.do = func(context.Context, bridge.Event) (bridge.Receipt, error) {
			if first {
				first = false
				return bridge.Receipt{Status: 429}, bridge.RetryAfter(errors.New("status 429"), time.Hour)
			}
			return bridge.Receipt{Status: 200}, nil
		}
		fillWith(t, outbox, 3)
		s := settings(sink)
		s.Concurrency = 1
		began := time.Now()
		run(t, outbox, s)
		time.Sleep(2 * time.Hour)
		made := sink.attempts()
		want := []time.Duration{0, time.Minute, time.Minute, time.Hour}
		for i, m := range made {
			if after := m.at.Sub(began); i >= len(want) || after < want[i] || after > want[i]+100*time.Millisecond {
				t.Errorf("attempt %d came after %s", i, after)
			}
		}
		if len(made) != len(want) {
			t.Errorf("%d attempts", len(made))
		}
	})
}

// D16
func TestARateIsNeverExceeded(t *testing.T) {
	for rate, burst := range map[float64]int{1: 1, 50: 5, 0.5: 1, 400: 40} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outbox, sink := newMemory(), accepting()
				fillWith(t, outbox, 400)
				s := settings(sink)
				s.Rate = rate
				run(t, outbox, s)
				time.Sleep(20 * time.Second)
				made := sink.attempts()
				if want := min(int(rate*20), 400); len(made) < want*95/100 {
					t.Errorf("%d attempts in 20 s, where %d may be made", len(made), want)
				}
				for i := range made {
					j := i + burst
					if j < len(made) && made[j].at.Sub(made[i].at) < time.Duration(float64(time.Second)/rate)-time.Millisecond {
						t.Fatalf("attempts %d to %d within %s", i, j, made[j].at.Sub(made[i].at))
					}
				}
			})
		})
	}
}

// D8, D16: time that the rate takes uses up no attempts, and delays no other sink.
func TestAPausedSinkAttemptsNothingAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		r := run(t, outbox, settings(sink))
		if err := r.loop.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		fillWith(t, outbox, 100)
		time.Sleep(100 * 24 * time.Hour)
		if made := len(sink.attempts()); made != 0 || outbox.outstanding() != 0 {
			t.Fatalf("%d attempts and %d claims while paused", made, outbox.outstanding())
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		r = run(t, outbox, settings(sink))
		time.Sleep(time.Minute)
		if made := len(sink.attempts()); made != 0 || r.log.lines("sink stands still") != 1 || strings.Contains(r.log.text.String(), "0001-01-01") {
			t.Fatalf("%d attempts after a restart, logged:\n%s", made, r.log.text.String())
		}
		if err := r.loop.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if made := len(sink.attempts()); made != 100 {
			t.Errorf("%d attempts when it was resumed", made)
		}
	})
}

func TestAttemptsUnderWayEndWhenASinkIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(context.Context, bridge.Event) (bridge.Receipt, error) {
			time.Sleep(5 * time.Second)
			return bridge.Receipt{Status: 200}, nil
		}
		fillWith(t, outbox, 20)
		r := run(t, outbox, settings(sink))
		time.Sleep(time.Second)
		if err := r.loop.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		done := 0
		for _, d := range outbox.deliveries() {
			if d.State == store.Done {
				done++
			}
		}
		if done != deliver.DefaultConcurrency || outbox.outstanding() != 0 {
			t.Errorf("%d are done, %d are claimed", done, outbox.outstanding())
		}
	})
}

func TestALoopThatHasEndedRefusesRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, newMemory(), settings(accepting()))
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if err := r.loop.Pause(t.Context()); !errors.Is(err, deliver.ErrStopped) {
			t.Errorf("got %v", err)
		}
	})
}
