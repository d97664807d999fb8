package poll

import (
	"errors"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// rehearse polls at a time that stands still.
func (w *world) rehearse(at time.Time) (Plan, error) {
	return Rehearse(w.t.Context(), Options{Store: w.store, Log: silent(), Now: func() time.Time { return at }}, w.Settings, nil)
}

// H9: a poll that is rehearsed is taken in, and tells its changes and events at the time that it is given.
func TestARehearsalTellsWhatAPollChangesAndTakesItIn(t *testing.T) {
	inBubble(t, func(w *world) {
		at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
		w.up.set(`{"id":1}`, `{"id":2}`)
		first, err := w.rehearse(at)
		if err != nil || !first.Silent || len(first.Changes) != 2 || first.Report.Events != 0 || first.Report.Took != 0 {
			t.Errorf("%+v, %v", first, err)
		}
		w.up.set(`{"id":1,"n":2}`, `{"id":3}`)
		second, err := w.rehearse(at.Add(time.Hour))
		if err != nil || second.Silent || len(second.Changes) != 3 || second.Report.Events != 3 {
			t.Errorf("%+v, %v", second, err)
		}
		e := second.Changes[0].Events[0].Event
		if !e.Time.Equal(at.Add(time.Hour)) || !e.From.Equal(at) || !second.Report.Started.Equal(e.Time) {
			t.Errorf("the event is of %s, after %s", e.Time, e.From)
		}
		third, err := w.rehearse(at.Add(2 * time.Hour))
		if err != nil || len(third.Changes) != 0 {
			t.Errorf("%+v, %v", third, err)
		}
	})
}

// A poll that fails or is held leaves what is known as it is, and the next one goes on from there.
func TestARehearsalThatFailsOrIsHeldChangesNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		at := time.Now()
		w.up.set(`{"id":1}`, `{"id":2}`)
		w.Guard.MaxEvents = 1
		if _, err := w.rehearse(at); err != nil {
			t.Fatal(err)
		}
		w.up.turn(errors.New("status 502"), 0)
		failed, err := w.rehearse(at)
		if err == nil || err.Error() != `poll source "shop": status 502` || failed.Report.Source != "shop" || len(failed.Changes) != 0 {
			t.Errorf("%+v, %v", failed, err)
		}
		if memory, _ := w.store.Memory(w.t.Context(), w.Name); memory.Failures != 1 || memory.Items != 2 {
			t.Errorf("%+v", memory)
		}
		w.up.turn(nil, 0)
		w.up.set(`{"id":3}`)
		held, err := w.rehearse(at)
		if err != nil || held.Report.Hold == nil || len(held.Changes) != 3 {
			t.Errorf("%+v, %v", held, err)
		}
		w.up.set(`{"id":1}`, `{"id":2}`)
		if same, err := w.rehearse(at); err != nil || same.Report.Hold != nil || len(same.Changes) != 0 {
			t.Errorf("%+v, %v", same, err)
		}
	})
}

// H9: a listing counts items and touches nothing; no poll of the source runs beside it.
func TestAListingCountsAndKeepsNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.up.cursor = "here"
		w.running(func(l *Loop) {
			if _, err := l.Poll(w.t.Context(), w.Name, nil); err != nil {
				t.Fatal(err)
			}
			before, _ := w.store.Memory(w.t.Context(), w.Name)
			w.up.set(`{"id":1,"n":2}`, `{"id":2}`, `{"id":3}`)
			w.up.slow(90 * time.Second)
			w.Timeout = 5 * time.Minute
			from := func(m store.Memory) (bridge.Cursor, error) { return append(m.Cursor, '!'), nil }
			got, err := l.List(w.t.Context(), w.Settings, from, nil)
			if err != nil || got.Items != 3 || got.Took != 90*time.Second || got.Outcome.Coverage != bridge.Complete {
				t.Errorf("%+v, %v", got, err)
			}
			if since := w.up.since[len(w.up.since)-1]; since != "here!" {
				t.Errorf("it went on from %q", since)
			}
			if after, _ := w.store.Memory(w.t.Context(), w.Name); after.Items != before.Items || string(after.Cursor) != "here" {
				t.Errorf("%+v became %+v", before, after)
			}
			if _, most := w.up.polled(); most != 1 {
				t.Errorf("%d polls at once", most)
			}
			failed := errors.New("no cursor")
			refuse := func(store.Memory) (bridge.Cursor, error) { return nil, failed }
			if _, err := l.List(w.t.Context(), w.Settings, refuse, nil); !errors.Is(err, failed) {
				t.Errorf("%v", err)
			}
		}, w.Settings)
	})
}

func TestAPlanSaysHowLongThePollTook(t *testing.T) {
	inBubble(t, func(w *world) {
		w.up.set(`{"id":1}`)
		w.up.turn(nil, 3*time.Second)
		plan, err := Preview(w.t.Context(), Options{Store: w.watch, Temp: w.path}, w.Settings, nil)
		if err != nil || plan.Report.Took != 3*time.Second {
			t.Errorf("it took %s, %v", plan.Report.Took, err)
		}
	})
}
