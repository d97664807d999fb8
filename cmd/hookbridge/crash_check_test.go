package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// A crashCheck holds what arrived against what was shown.
type crashCheck struct {
	testing.TB
	attempts []crashAttempt
	events   []crashAttempt // the first arrival of each id
	again    int            // takes of an event that was taken already
	killed   int            // of these, of what a process had sent that was killed then
	lost     int            // answers
	refused  int
	shown    int // listings
	kept     int // listings that the daemon said it kept
	broken   int
}

func newCrashCheck(t testing.TB, attempts []crashAttempt) *crashCheck {
	c := &crashCheck{TB: t, attempts: attempts}
	first := map[string]crashAttempt{}
	for _, a := range attempts {
		known, again := first[a.id]
		if !again {
			first[a.id] = a
			c.events = append(c.events, a)
		} else if known.body != a.body {
			t.Errorf("event %s was sent with two bodies", a.id)
		}
	}
	c.order()
	return c
}

// order checks that no event of an item was attempted before the one before it was taken.
func (c *crashCheck) order() {
	last, taken := map[string]string{}, map[string]bool{}
	for _, a := range c.attempts {
		item := a.Data.Source + "/" + a.Data.Key
		if before := last[item]; before != a.id && !taken[before] && before != "" {
			c.Errorf("event %s of %s was sent before %s was taken", a.id, item, before)
		}
		if !taken[a.id] {
			last[item] = a.id
		}
		taken[a.id] = taken[a.id] || a.taken
	}
	for _, e := range c.events {
		if !taken[e.id] {
			c.Errorf("event %s never arrived", e.id)
		}
	}
}

// source checks the events of one source, item by item.
func (c *crashCheck) source(api *crashAPI) {
	c.shown += len(api.ledger)
	c.broken += api.broken
	chains := c.chains(api.name)
	keys := maps.Clone(api.items)
	for _, listing := range api.ledger {
		maps.Copy(keys, listing.items)
		if listing.committed {
			c.kept++
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		c.item(api, key, append([]string{""}, chains[key]...))
		delete(chains, key)
	}
	for key := range chains {
		c.Errorf("%s of %s: told of an item that never was", key, api.name)
	}
}

// item checks how one item was told to have stood, one state after the other.
func (c *crashCheck) item(api *crashAPI, key string, told []string) {
	if missing, ok := crashWithin(told, crashStates(key, api.ledger, false)); !ok {
		c.Errorf("%s of %s: told of %.80q, which was not shown then", key, api.name, missing)
	}
	if missing, ok := crashWithin(crashStates(key, api.ledger, true), told); !ok {
		c.Errorf("%s of %s: never told of %.80q, which the daemon has seen and kept", key, api.name, missing)
	}
	if last := crashLast(told); last != api.items[key] {
		c.Errorf("%s of %s: told of %.80q at last, and it is %.80q", key, api.name, last, api.items[key])
	}
}

// chains replays the events of a source: the states of each item after each of its events, "" where it is gone.
func (c *crashCheck) chains(source string) map[string][]string {
	chains, revisions := map[string][]string{}, map[string]uint64{}
	for _, e := range c.events {
		if e.Data.Source != source {
			continue
		}
		key, before, after := e.Data.Key, crashBody(e.Data.Before), crashBody(e.Data.After)
		if before == "" {
			revisions[key] = 0
		}
		revisions[key]++
		c.event(e, crashLast(chains[key]), revisions[key])
		chains[key] = append(chains[key], after)
	}
	return chains
}

// event checks an event beside what is known of its item from those before it.
func (c *crashCheck) event(e crashAttempt, known string, revision uint64) {
	before, after := crashBody(e.Data.Before), crashBody(e.Data.After)
	if before != known {
		c.Errorf("event %s of %s: it was %.80q before, not %.80q", e.id, e.Data.Key, known, before)
	}
	if want := crashChange(before, after); e.Data.Change != want || e.Type != e.Data.Source+"."+want {
		c.Errorf("event %s of %s is %q, %q, not %s", e.id, e.Data.Key, e.Type, e.Data.Change, want)
	}
	if e.Data.Revision != revision {
		c.Errorf("event %s of %s has revision %d, not %d", e.id, e.Data.Key, e.Data.Revision, revision)
	}
}

// crashLast returns how an item stands at last, "" where nothing was told of it.
func crashLast(states []string) string {
	if len(states) == 0 {
		return ""
	}
	return states[len(states)-1]
}

func crashBody(raw []byte) string {
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

func crashChange(before, after string) string {
	switch {
	case before == "":
		return "created"
	case after == "":
		return "deleted"
	}
	return "updated"
}

// crashStates returns how an item stood in each listing, beginning with its absence before all of them.
func crashStates(key string, ledger []*crashListing, committed bool) []string {
	states := []string{""}
	for _, listing := range ledger {
		if listing.committed || !committed {
			states = append(states, listing.items[key])
		}
	}
	return slices.Compact(states)
}

// crashWithin returns whether a sequence is part of another, in its order, or else the first of it that is not.
func crashWithin(part, whole []string) (missing string, ok bool) {
	for _, want := range part {
		at := slices.Index(whole, want)
		if at < 0 {
			return cmp.Or(want, "its absence"), false
		}
		whole = whole[at+1:]
	}
	return "", true
}

// duplicates checks that what was taken twice had its answer lost, or was in flight when a process was killed.
func (c *crashCheck) duplicates() {
	last, inFlight := map[string]crashAttempt{}, map[int]int{}
	for _, a := range c.attempts {
		if !a.taken {
			c.refused++
			continue
		}
		if a.lost {
			c.lost++
		}
		if before, again := last[a.id]; again {
			c.again++
			if before.life == a.life && !before.lost {
				c.Errorf("event %s was sent again although its receipt was answered", a.id)
			} else if !before.lost {
				inFlight[before.life]++
				c.killed++
			}
		}
		last[a.id] = a
	}
	for life, count := range inFlight {
		if count > crashInFlight {
			c.Errorf("%d duplicates of what process %d had sent, more than the %d that could be in flight", count, life, crashInFlight)
		}
	}
}

func (c *crashCheck) summary(kills int) string {
	return fmt.Sprintf("%d kills, %d listings (%d known to be kept, %d more answers broke off), "+
		"%d events in %d requests: %d duplicates (%d in flight at a kill), %d lost answers, %d refused",
		kills, c.shown, c.kept, c.broken, len(c.events), len(c.attempts), c.again, c.killed, c.lost, c.refused)
}
