package admin

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// events lists a part of the history.
func (a *api) events(r *http.Request) (any, error) {
	filter, err := filterOf(r.URL.Query(), true)
	if err != nil {
		return nil, err
	}
	limit := filter.Limit
	filter.Limit++ // one more tells whether there are more
	answer := Events{Events: []Event{}}
	for record, err := range a.bridge.History().Events(r.Context(), filter) {
		if err != nil {
			return nil, fmt.Errorf("list events: %w", err)
		}
		if len(answer.Events) == limit {
			answer.More = true
			break
		}
		answer.Events = append(answer.Events, eventOf(record))
	}
	return answer, nil
}

// event shows all that is known of one event.
func (a *api) event(r *http.Request) (any, error) {
	record, err := a.bridge.History().Event(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, fmt.Errorf("read event %q: %w", r.PathValue("id"), err)
	}
	event := eventOf(record)
	event.Changed = record.Event.Changed
	event.Payload = envelope.Standard(record.Event)
	for i, d := range record.Deliveries {
		for _, attempt := range d.Log {
			event.Deliveries[i].Log = append(event.Deliveries[i].Log, attemptOf(attempt))
		}
	}
	return event, nil
}

// deadLetters lists deliveries that were given up.
func (a *api) deadLetters(r *http.Request) (any, error) {
	filter, err := filterOf(r.URL.Query(), false)
	if err != nil {
		return nil, err
	}
	limit := filter.Limit
	filter.Limit = 0 // it counts dead letters, and one event may have several
	answer := DeadLetters{DeadLetters: []DeadLetter{}}
	for letter, err := range a.dead(r.Context(), filter) {
		if err != nil {
			return nil, fmt.Errorf("list dead letters: %w", err)
		}
		if len(answer.DeadLetters) == limit {
			answer.More = true
			break
		}
		answer.DeadLetters = append(answer.DeadLetters, deadLetterOf(letter))
	}
	return answer, nil
}

func eventOf(record store.Record) Event {
	e := record.Event
	event := Event{
		ID: e.ID, Type: e.Type, Time: e.Time.UTC(), Source: e.Source, Key: e.Key, Change: changeOf(e.Change),
		Revision: e.Revision, Snapshot: e.Snapshot, Deliveries: []Delivery{},
	}
	for _, d := range record.Deliveries {
		delivery := Delivery{Sink: d.Sink, State: d.State.String(), Attempts: d.Attempts, Reason: d.Reason}
		if d.State == store.Pending {
			delivery.Due = d.Due.UTC()
		}
		event.Deliveries = append(event.Deliveries, delivery)
	}
	return event
}

func changeOf(c bridge.Change) string {
	if c == bridge.None {
		return ""
	}
	return c.String()
}

func attemptOf(a store.Attempt) Attempt {
	return Attempt{
		Time: a.Time.UTC(), Duration: spanOf(a.Duration),
		Status: a.Status, Class: a.Class, Error: a.Error, Excerpt: a.Excerpt,
	}
}

func deadLetterOf(l letter) DeadLetter {
	dead := DeadLetter{
		ID: l.event.ID, Type: l.event.Type, Time: l.event.Time.UTC(), Source: l.event.Source, Key: l.event.Key,
		Change: changeOf(l.event.Change), Revision: l.event.Revision,
		Sink: l.delivery.Sink, Reason: l.delivery.Reason, Attempts: l.delivery.Attempts,
	}
	if log := l.delivery.Log; len(log) > 0 {
		last := attemptOf(log[len(log)-1])
		dead.Last = &last
	}
	return dead
}

// spanOf writes how long something took, which nobody wants by the nanosecond.
func spanOf(d time.Duration) string { return setting.FormatDuration(d.Round(time.Microsecond)) }
