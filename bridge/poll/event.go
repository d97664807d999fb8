package poll

import (
	"encoding/binary"
	"strconv"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/health"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// events returns what leaves for one change: the default event, or one for each event block that matches,
// in the order of the blocks.
func (r *run) events(c staged, before, after []byte) []store.Append {
	e := bridge.Event{
		Time: r.observed, Source: r.Name, Key: c.key,
		Change: c.change, Revision: c.entry.Revision,
		Snapshot: c.change == bridge.Created && r.was.Baseline.IsZero(),
		Before:   before, After: after,
		From: r.was.Polled, To: r.observed,
	}
	if c.change == bridge.Updated {
		e.Changed = document.Diff(before, after)
	}
	if len(r.Events) == 0 {
		e.Type = r.Name + "." + c.change.String()
		return []store.Append{r.address(e, c.entry, 0, r.To)}
	}
	return r.matching(c.entry, e)
}

func (r *run) matching(entry store.Entry, e bridge.Event) []store.Append {
	var matching []store.Append
	for i, rule := range r.Events {
		e.Type = rule.Type
		data, matches, err := rule.apply(e)
		if !matches && err == nil {
			continue
		}
		one := e
		one.Data = data
		out := r.address(one, entry, i, rule.To)
		matching = append(matching, out)
		if err != nil {
			matching = append(matching, r.bury(&matching[len(matching)-1], "event "+strconv.Quote(rule.Type)+": "+err.Error())...)
		}
	}
	return matching
}

// bury makes dead letters of an event's deliveries, and returns the events that tell of them.
func (r *run) bury(a *store.Append, reason string) (news []store.Append) {
	a.Bury = reason
	for _, target := range a.To {
		told := health.Buried(target.Sink, a.Event, reason, 0, r.observed)
		news = append(news, told.Append(r.store, r.observed, r.Buried[target.Sink])...)
	}
	return news
}

// apply returns whether the rule matches, and the data of its event. An event whose expression fails is not
// lost: it becomes a dead letter with the error.
func (rule EventRule) apply(e bridge.Event) (data []byte, matches bool, err error) {
	scope := expr.Event(e)
	if rule.When != nil {
		if matches, err := rule.When.Bool(scope); !matches || err != nil {
			return nil, false, err
		}
	}
	if rule.Data == nil {
		return nil, true, nil
	}
	data, err = rule.Data.JSON(scope)
	return data, true, err
}

// address gives an event its id, and its deliveries their order.
func (r *run) address(e bridge.Event, entry store.Entry, rule int, to []store.Recipient) store.Append {
	e.ID = store.EventID(r.store.Epoch(), "change", e.Source, e.Key, e.Type, numbers(entry.Born, entry.Revision, uint64(rule)))
	out := store.Append{Event: e}
	for _, recipient := range to {
		out.To = append(out.To, recipient.Target(r.store.Seed(), e.Source, e.Key))
	}
	return out
}

func numbers(all ...uint64) string {
	var bytes []byte
	for _, number := range all {
		bytes = binary.BigEndian.AppendUint64(bytes, number)
	}
	return string(bytes)
}
