package deliver

import (
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/health"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// failingAfter is how many attempts of a delivery must fail before sink.failing says so.
const failingAfter = 4

// judge takes in what an attempt says of the endpoint.
func (l *Loop) judge(o outcome) {
	now := time.Now()
	switch {
	case o.err == nil || o.attempt.Status != 0 && o.refused():
		if l.gate.breaker.answered() {
			l.log.Debug("endpoint answers again, all deliveries go on")
			l.observe()
		}
	case bridge.IsPermanent(o.err) || bridge.IsGone(o.err): // nothing was sent, or the sink is disabled
	default:
		if l.gate.breaker.failure(now, o.items[0].Delivery) {
			l.log.Warn("endpoint fails for everyone, single attempts are made until it answers", "error", o.attempt.Error)
			l.observe()
		}
	}
	if wait := bridge.Wait(o.err); wait > 0 && o.attempt.Status == http.StatusTooManyRequests {
		l.gate.hush(now, wait)
	}
}

// tell adds to the outcomes of an attempt what it changes of the sink's standing, and the events that say so.
// They are committed together.
func (l *Loop) tell(o outcome, all []store.Settlement) {
	first := &all[0]
	news, changed := l.news(o)
	if changed {
		now := l.standing
		first.Standing = &now
		l.observe()
	}
	if news.Type != "" {
		first.Append = append(first.Append, l.append(news)...)
	}
	for i := range all {
		if all[i].State == store.Buried && !health.AboutSink(all[i].Delivery.Event) {
			all[i].Append = append(all[i].Append, l.append(l.obituary(all[i]))...)
		}
	}
}

// news changes the standing of the sink as an attempt demands, and returns what there is to tell of it.
func (l *Loop) news(o outcome) (news health.News, changed bool) {
	s := &l.standing
	mark := o.attempt.Time.UTC().Format(time.RFC3339Nano) + " " + o.items[0].Event.ID // two may begin in one instant
	news = health.News{Sink: l.sink.Name, Reason: o.attempt.Error, Mark: mark}
	switch {
	case o.err == nil && s.Failing.IsZero(), !s.Disabled.IsZero():
		return health.News{}, false
	case o.err == nil:
		news.Type, news.Since, news.Reason = health.SinkRecovered, s.Failing, "deliveries succeed again"
		s.Failing, s.Reason = time.Time{}, ""
	case bridge.IsGone(o.err):
		l.disable(o)
		news.Type, news.Since = health.SinkDisabled, s.Disabled
	case o.made() == failingAfter && s.Failing.IsZero():
		s.Failing, s.Reason = firstAttempt(o), o.attempt.Error
		news.Type, news.Since = health.SinkFailing, s.Failing
		news.Detail = map[string]any{"attempts": o.made(), "event": o.items[0].Event.ID}
	default:
		return health.News{}, false
	}
	return news, true
}

// disable stops delivering: the receiver asked for no more.
func (l *Loop) disable(o outcome) {
	s := &l.standing
	s.Disabled, s.Reason = o.attempt.Time, o.attempt.Error
	if s.Failing.IsZero() {
		s.Failing = o.attempt.Time
	}
	l.log.Error("sink is disabled, its queue is kept", "reason", s.Reason, "ends_with", "hookbridge sink resume "+l.sink.Name)
}

// firstAttempt is when the delivery that failed so often was first attempted.
func firstAttempt(o outcome) time.Time {
	if log := o.items[0].Log; len(log) > 0 {
		return log[0].Time
	}
	return o.attempt.Time
}

// obituary tells of a delivery that is buried.
func (l *Loop) obituary(s store.Settlement) health.News {
	e := s.Delivery.Event
	return health.Buried(l.sink.Name, e, s.Reason, s.Delivery.Attempts+1, s.Attempt.Time)
}

func (l *Loop) append(news health.News) []store.Append {
	return news.Append(l.options.Store, time.Now(), l.sink.Health)
}
