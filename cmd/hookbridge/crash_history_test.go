package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/health"
)

// check holds all that arrived, and what the daemon says of it, against the ledgers.
func (c *crash) check() {
	checks := []*crashCheck{newCrashCheck(c, crashSink{name: "audit", order: "key"}, c.lines(c.audit()))}
	for _, r := range c.receivers {
		check := newCrashCheck(c, r.crashSink, c.branch.prune(c, r.record()))
		check.since = c.branch.life + 1
		check.duplicates(c.tally.stopped)
		checks = append(checks, check)
	}
	for _, check := range checks {
		for _, api := range c.apis {
			if check.name == "audit" || slices.Contains(check.sources, api.name) {
				check.source(api)
			}
		}
	}
	c.appended(checks[0])
	c.history(checks)
	c.dead(checks[len(checks)-1])
	c.stop()
	c.summary(checks)
}

// lines reads a file of events, which is there from the first of them on. What a kill has cut short is no event, and
// comes again.
func (c *crash) lines(path string) (all []crashAttempt) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Fatal(err)
	}
	torn := 0
	for line := range bytes.Lines(text) {
		if !json.Valid(line) {
			torn++
			continue
		}
		var event struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(line, &event); err != nil {
			c.Errorf("%s: %v", path, err)
		}
		attempt := newCrashAttempt(c, event.ID, line)
		attempt.taken = true
		if len(all) >= c.branch.lines[path] {
			attempt.life = c.branch.life + 1
		}
		all = append(all, attempt)
	}
	if torn > c.tally.kills {
		c.Errorf("%s: %d lines are cut short, by %d kills", path, torn, c.tally.kills)
	}
	return c.branch.prune(c, all)
}

// appended checks the duplicates in a file: those of what was in flight at a kill, under the default concurrency.
// A daemon that was restored sends what its backup holds, whatever was sent since.
func (c *crash) appended(audit *crashCheck) {
	audit.again = len(audit.attempts) - len(audit.events)
	if most := c.tally.kills * (crashSink{attempts: 8}).inFlight(); audit.again > most && c.branch.life == 0 {
		c.Errorf("audit: %d duplicates, and %d could be in flight at all kills", audit.again, most)
	}
}

// history checks that the daemon knows of each event what became of it at each sink, and of no others.
func (c *crash) history(checks []*crashCheck) {
	told := map[string]map[string]string{} // states, by sink and event
	for _, api := range c.apis {
		for key := range api.items {
			found, err := c.client().Events(c.Context(), admin.Filter{Source: api.name, Key: key, Limit: admin.MaxLimit})
			if err != nil || found.More {
				c.Fatalf("history of %s of %s: %v", key, api.name, err)
			}
			for _, e := range found.Events {
				for _, d := range e.Deliveries {
					if told[d.Sink] == nil {
						told[d.Sink] = map[string]string{}
					}
					told[d.Sink][e.ID] = d.State
				}
			}
		}
	}
	for _, check := range checks {
		check.remembered(told[check.name])
		c.shows(check)
	}
}

// remembered checks what the history tells of the deliveries to a sink.
func (c *crashCheck) remembered(told map[string]string) {
	for _, e := range c.events {
		want := "delivered"
		if c.taken[e.id] == 0 {
			want = "dead"
		}
		if told[e.id] != want {
			c.Errorf("%s: event %s is %q in the history, not %s", c.name, e.id, told[e.id], want)
		}
		delete(told, e.id)
	}
	for id, state := range told {
		c.Errorf("%s: event %s is %s in the history, and never arrived", c.name, id, state)
	}
}

// shows checks, of some events, that what the daemon shows is what arrived.
func (c *crash) shows(check *crashCheck) {
	for range min(5, len(check.events)) {
		e := check.events[c.random.IntN(len(check.events))]
		if e.text == nil {
			continue
		}
		shown, err := c.client().Event(c.Context(), e.id)
		if err != nil {
			c.Errorf("%s: show event %s: %v", check.name, e.id, err)
		}
		if !crashSame(e.text, shown.Payload) {
			c.Errorf("%s: event %s is shown as %s, and was sent as %s", check.name, e.id, shown.Payload, e.text)
		}
		i := slices.IndexFunc(shown.Deliveries, func(d admin.Delivery) bool { return d.Sink == check.name })
		log := shown.Deliveries[i].Log
		if succeeded := log[len(log)-1].Error == ""; succeeded != (check.taken[e.id] > 0) {
			c.Errorf("%s: the last attempt of event %s is shown as %+v", check.name, e.id, log[len(log)-1])
		}
	}
}

// crashSame reports whether a payload is what was sent, but for the id that a line has besides.
func crashSame(sent, shown []byte) bool {
	var one, other map[string]any
	if json.Unmarshal(sent, &one) != nil || json.Unmarshal(shown, &other) != nil {
		return false
	}
	delete(one, "id")
	return fmt.Sprint(one) == fmt.Sprint(other)
}

// dead checks that the dead letters are what was poison, that each was told of once, and that they arrive once the
// receiver takes them.
func (c *crash) dead(check *crashCheck) {
	told, poison := c.obituaries(), map[string]bool{}
	for _, e := range check.events {
		if check.taken[e.id] == 0 {
			poison[e.id] = true
		}
	}
	status, err := c.client().Status(c.Context())
	if err != nil || status.Queue[check.name].Dead != len(poison) || len(poison) == 0 && c.branch.life == 0 {
		c.Errorf("%d events were never taken, and %d are dead letters: %v", len(poison), status.Queue[check.name].Dead, err)
	}
	if !maps.Equal(told, poison) {
		c.Errorf("%d events were never taken, and %d were told to be buried, or others", len(poison), len(told))
	}
	receiver := c.receivers[len(c.receivers)-1]
	receiver.set(false, true, true)
	if out, err := c.say(c.Context(), "deadletter", "retry", "--sink", check.name); err != nil {
		c.Errorf("retry: %v: %s", err, out)
	}
	c.untilSent()
	taken := map[string]bool{}
	for _, a := range receiver.record() {
		taken[a.id] = taken[a.id] || a.taken
	}
	for _, e := range check.events {
		if !taken[e.id] {
			c.Errorf("%s: event %s was retried, and never arrived", check.name, e.id)
		}
	}
}

// obituaries returns the events that were told to be buried, each of them once.
func (c *crash) obituaries() map[string]bool {
	told, ids := map[string]bool{}, map[string]bool{}
	for _, a := range c.lines(c.ops()) {
		var line struct {
			Data struct {
				Detail struct{ Event string }
			}
		}
		if err := json.Unmarshal(a.text, &line); err != nil {
			c.Errorf("ops: %v: %s", err, a.text)
		}
		if event := line.Data.Detail.Event; a.Type == health.DeliveryBuried && !ids[a.id] {
			if told[event] {
				c.Errorf("event %s was told to be buried twice", event)
			}
			told[event] = true
		}
		ids[a.id] = true
	}
	return told
}

// resumes checks that a sink was disabled at its receiver's word alone, and in a long run over and over. One that is
// restored may be so again.
func (c *crash) resumes(r *crashReceiver) {
	most := r.gone + min(c.branch.life, 1)
	if r.resumed > most || r.fates[crashGone] > 0 && c.tally.kills >= 100 && r.resumed < c.tally.kills/10 {
		c.Errorf("%s: it was resumed %d times, after it had asked for no more %d times", r.name, r.resumed, r.gone)
	}
}

// summary prints what happened, and checks that a long run has been everywhere.
func (c *crash) summary(checks []*crashCheck) {
	var points []string
	for point := range crashPoints() {
		points = append(points, fmt.Sprintf("%s %d", point, c.tally.points[point]))
		if c.tally.points[point] == 0 && c.tally.kills >= 100 {
			c.Errorf("no kill came at %s", point)
		}
	}
	slices.Sort(points)
	c.Logf("%d kills (%d points were not reached in time), %d stops, %d reloads\nat points: %s",
		c.tally.kills, c.tally.missed, len(c.tally.stopped), c.tally.reloads, strings.Join(points, ", "))
	for _, api := range c.apis {
		kept := 0
		for _, listing := range api.ledger {
			if listing.kept {
				kept++
			}
		}
		c.Logf("source %s: %d changes, %d answers read (%d known to be kept), %d broke off, %d put off",
			api.name, api.version, len(api.ledger), kept, api.broken, api.busy)
	}
	for _, r := range c.receivers {
		c.Logf("receiver %s: never answered %d, asked for no more %d times and was resumed %d times", r.name, r.hung, r.gone, r.resumed)
		c.resumes(r)
	}
	for _, check := range checks {
		c.Logf("sink %s: %d events in %d requests, %d duplicates (%d of what was in flight at a kill), %d lost answers",
			check.name, len(check.events), len(check.attempts), check.again, check.killed, check.lost)
	}
}
