package deliver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// heard is settings of a sink whose health goes to the sink ops.
func heard(sink bridge.Sink) deliver.Settings {
	s := settings(sink)
	s.Health = []store.Recipient{{Sink: "ops"}}
	return s
}

// D5
func TestAReceiverThatIsGoneDisablesItsSinkAndKeepsItsQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(410)
		fillWith(t, outbox, 100)
		s := heard(sink)
		s.Concurrency = 1
		r := run(t, outbox, s)
		time.Sleep(100 * 24 * time.Hour)
		if made := len(sink.attempts()); made != 1 {
			t.Fatalf("%d attempts at a receiver that is gone", made)
		}
		for _, d := range outbox.deliveries() {
			if d.State != store.Pending {
				t.Fatalf("%s is %s", d.Event.ID, d.State)
			}
		}
		status, err := r.loop.Status(t.Context())
		if err != nil || status.Disabled.IsZero() || status.Reason != "status 410" || r.seen.stood().Disabled.IsZero() {
			t.Errorf("status is %+v, %v", status, err)
		}
		if news := outbox.news(); !slices.Equal(news, []string{"sink.disabled"}) || r.log.lines("sink is disabled") != 1 {
			t.Errorf("told %v, logged:\n%s", news, r.log.text.String())
		}
		sink.becomes(answering(200))
		if err := r.loop.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if made := len(sink.attempts()); made != 101 {
			t.Errorf("%d attempts when it was resumed", made)
		}
		if news := outbox.news(); !slices.Equal(news, []string{"sink.disabled", "sink.recovered"}) {
			t.Errorf("told %v", news)
		}
	})
}

// A receiver that answers every attempt may refuse all of them, and is no failing one before the fourth.
func TestWhatTheLastAttemptFailedOfIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(401)
		fillWith(t, outbox, 1)
		r := run(t, outbox, heard(sink))
		synctest.Wait()
		if status, err := r.loop.Status(t.Context()); err != nil || status.Trouble != "status 401" || !status.Failing.IsZero() {
			t.Errorf("status is %+v, %v", status, err)
		}
		sink.becomes(answering(200))
		time.Sleep(time.Minute)
		if status, err := r.loop.Status(t.Context()); err != nil || status.Trouble != "" {
			t.Errorf("status is %+v, %v", status, err)
		}
	})
}

// D5: what was on its way when the receiver asked for no more may still arrive, and changes nothing.
func TestASinkStaysDisabledWhateverElseWasUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), &sinkFunc{do: func(_ context.Context, e bridge.Event) (bridge.Receipt, error) {
			if e.Key == "0" {
				return answer(410)
			}
			time.Sleep(time.Second)
			return answer(200)
		}}
		fillWith(t, outbox, 2)
		r := run(t, outbox, heard(sink))
		time.Sleep(time.Minute)
		status, err := r.loop.Status(t.Context())
		if err != nil || status.Disabled.IsZero() || status.Failing.IsZero() || status.Reason != "status 410" {
			t.Errorf("status is %+v, %v", status, err)
		}
		if news := outbox.news(); len(sink.attempts()) != 2 || !slices.Equal(news, []string{"sink.disabled"}) {
			t.Errorf("%d attempts, told %v", len(sink.attempts()), news)
		}
	})
}

func TestASinkIsDisabledOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(410)
		fillWith(t, outbox, 1)
		for range 3 {
			r := run(t, outbox, heard(sink))
			time.Sleep(time.Hour)
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
		}
		if made, news := len(sink.attempts()), outbox.news(); made != 1 || len(news) != 1 {
			t.Errorf("%d attempts, told %v", made, news)
		}
	})
}

func TestAResumedSinkWhoseReceiverIsStillGoneIsDisabledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(410)
		fillWith(t, outbox, 1)
		r := run(t, outbox, heard(sink))
		for range 12 {
			time.Sleep(time.Hour)
			if err := r.loop.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		d := outbox.deliveries()[0]
		if d.State != store.Pending || d.Attempts != 13 || len(outbox.news()) != 13 {
			t.Errorf("%s after %d attempts, told %v", d.State, d.Attempts, outbox.news())
		}
	})
}

// failing once at the fourth attempt of a delivery, recovered once, buried for each.
func TestASinkTellsOnceThatItFailsAndOnceThatItRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(500)
		fillWith(t, outbox, 3)
		run(t, outbox, heard(sink))
		began := time.Now()
		time.Sleep(30 * time.Minute)
		if news := outbox.news(); len(news) != 0 {
			t.Errorf("told %v before the fourth attempt", news)
		}
		time.Sleep(10 * time.Hour)
		if news := outbox.news(); !slices.Equal(news, []string{"sink.failing"}) {
			t.Fatalf("told %v", news)
		}
		sink.becomes(answering(200))
		time.Sleep(48 * time.Hour)
		if news := outbox.news(); !slices.Equal(news, []string{"sink.failing", "sink.recovered"}) {
			t.Fatalf("told %v", news)
		}
		told := outbox.tellings()[0]
		var data struct {
			Sink, Reason string
			Since        time.Time
			Detail       map[string]any
		}
		if err := json.Unmarshal(told.Event.Data, &data); err != nil {
			t.Fatal(err)
		}
		if data.Sink != "crm" || data.Reason != "status 500" || !data.Since.Equal(began) || data.Detail["attempts"] != 4.0 {
			t.Errorf("told %s", told.Event.Data)
		}
		if told.To[0].Sink != "ops" || told.Event.ID == outbox.tellings()[1].Event.ID {
			t.Errorf("told %+v", told)
		}
	})
}

// Two deliveries that fail in step, one of them slowly, with a success in between: that is two streaks.
func TestTwoStreaksThatBeganInOneInstantAreToldUnderTwoIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink, made := newMemory(), accepting(), map[string]int{}
		sink.do = func(_ context.Context, e bridge.Event) (bridge.Receipt, error) {
			sink.mu.Lock()
			made[e.Key]++
			slow := e.Key == "1" && made[e.Key] == 4
			sink.mu.Unlock()
			if slow {
				time.Sleep(10 * time.Second)
			}
			if e.Key == "new" {
				return answer(200)
			}
			return answer(500)
		}
		fillWith(t, outbox, 2)
		run(t, outbox, heard(sink))
		time.Sleep(35*time.Minute + 10*time.Second) // both are attempted the fourth time
		outbox.add(t, "crm", ordered("new"), event("new", 1))
		time.Sleep(time.Minute)
		if news := outbox.news(); !slices.Equal(news, []string{"sink.failing", "sink.recovered", "sink.failing"}) {
			t.Fatalf("told %v", news)
		}
		if outbox.told[0].Event.ID == outbox.told[2].Event.ID {
			t.Error("both streaks are told under one id")
		}
	})
}

func TestEachBurialIsToldButNotOfWhatTellsOfSinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), refusing(bridge.Permanent(errors.New("make body: no")))
		fillWith(t, outbox, 3)
		outbox.add(t, "crm", store.Hash{}, bridge.Event{ID: "evt_h", Type: "sink.failing", Key: "other"})
		run(t, outbox, heard(sink))
		synctest.Wait()
		if news := outbox.news(); !slices.Equal(news, []string{"delivery.buried", "delivery.buried", "delivery.buried"}) {
			t.Errorf("told %v", news)
		}
		ids := map[string]bool{}
		for _, a := range outbox.tellings() {
			ids[a.Event.ID] = true
		}
		if len(ids) != 3 {
			t.Errorf("%d ids for three burials", len(ids))
		}
	})
}

func TestWhereASinkStandsIsNotSetBackByCommitsThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), accepting()
		sink.do = func(_ context.Context, e bridge.Event) (bridge.Receipt, error) {
			if e.Key == "0" {
				return answer(500)
			}
			return answer(200)
		}
		fillWith(t, outbox, 1)
		run(t, outbox, heard(sink))
		time.Sleep(20 * time.Minute)
		outbox.failing("Settle", errors.New("disk on fire"))
		time.Sleep(time.Hour) // the fourth attempt fails, and its outcome cannot be written
		for i := range 10 {
			outbox.add(t, "crm", ordered(fmt.Sprint("new", i)), event(fmt.Sprint("new", i), 1))
		}
		time.Sleep(time.Minute)
		outbox.failing("Settle", nil)
		time.Sleep(5 * time.Minute)
		if standing, err := outbox.Standing(t.Context(), "crm"); err != nil || !standing.Failing.IsZero() {
			t.Errorf("kept is %+v (%v), after %v", standing, err, outbox.news())
		}
	})
}

func TestASinkWithoutHealthTellsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox, sink := newMemory(), answering(410)
		fillWith(t, outbox, 1)
		run(t, outbox, settings(sink))
		time.Sleep(time.Hour)
		if news := outbox.news(); len(news) != 0 {
			t.Errorf("told %v", news)
		}
	})
}
