package main

import (
	"cmp"
	"maps"
	"slices"
	"testing"
)

// A crashCheck holds what arrived at one sink against what was shown.
type crashCheck struct {
	testing.TB
	crashSink
	attempts []crashAttempt
	events   []crashAttempt // the first arrival of each id
	taken    map[string]int // how often, by id
	refused  map[string]int // how often, by id
	again    int            // takes of an event that was taken already
	killed   int            // of these, of what a process had sent that was killed then
	lost     int            // answers
	since    int            // the first process whose duplicates count
}

func newCrashCheck(t testing.TB, sink crashSink, attempts []crashAttempt) *crashCheck {
	c := &crashCheck{TB: t, crashSink: sink, attempts: attempts, taken: map[string]int{}, refused: map[string]int{}}
	first := map[string]crashAttempt{}
	for _, a := range attempts {
		known, again := first[a.id]
		if !again {
			first[a.id] = a
			c.events = append(c.events, a)
		} else if known.body != a.body {
			t.Errorf("%s: event %s was sent with two bodies", c.name, a.id)
		}
	}
	c.ordered()
	for _, e := range c.events {
		if c.taken[e.id] == 0 && c.refused[e.id] < crashTries {
			t.Errorf("%s: event %s never arrived", c.name, e.id)
		}
	}
	if c.order == "none" { // the order of revisions is that of the polls that found them
		slices.SortStableFunc(c.events, func(a, b crashAttempt) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	}
	return c
}

// ordered counts, and checks that no event of an item, or under strict order of any, was attempted before the one
// before it was taken or given up.
func (c *crashCheck) ordered() {
	last := map[string]string{}
	over := func(id string) bool {
		return id == "" || c.taken[id] > 0 || c.poison > 0 && c.refused[id] >= crashTries
	}
	for _, a := range c.attempts {
		if a.anew {
			clear(last)
		}
		line := a.Data.Source + "/" + a.Data.Key
		if c.order == "strict" {
			line = "all"
		}
		if before := last[line]; c.order != "none" && before != a.id && !over(before) {
			c.Errorf("%s: event %s of %s was sent before %s was taken", c.name, a.id, line, before)
		}
		if !over(a.id) {
			last[line] = a.id
		}
		switch {
		case a.taken:
			c.taken[a.id]++
		case a.status != 0:
			c.refused[a.id]++
		}
	}
}

// source checks the events of one source, item by item.
func (c *crashCheck) source(api *crashAPI) {
	api.mu.Lock() // the daemon still polls
	defer api.mu.Unlock()
	chains, keys := c.chains(api.name), maps.Clone(api.items)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		c.item(api, key, append([]string{""}, chains[key]...))
		delete(chains, key)
	}
	for key := range chains {
		c.Errorf("%s: %s of %s: told of an item that never was", c.name, key, api.name)
	}
}

// item checks how one item was told to have stood, one state after the other.
func (c *crashCheck) item(api *crashAPI, key string, told []string) {
	shown, kept := api.states(key, false), api.states(key, true)
	if missing, ok := crashWithin(told, shown); !ok {
		c.Errorf("%s: %s of %s: told of %q, which was not shown then", c.name, key, api.name, missing)
	}
	if missing, ok := crashWithin(kept, told); !ok {
		c.Errorf("%s: %s of %s: never told of %q, which the daemon has seen and kept", c.name, key, api.name, missing)
	}
	if last := crashLast(told); !api.scrolledAway(key) && last != api.items[key].mark {
		c.Errorf("%s: %s of %s: told of %q at last, and it is %q", c.name, key, api.name, last, api.items[key].mark)
	}
}

// chains replays the events of a source: the states of each item after each of its events, "" where it is gone.
func (c *crashCheck) chains(source string) map[string][]string {
	chains, revisions := map[string][]string{}, map[string]uint64{}
	for _, e := range c.events {
		if e.Data.Source != source {
			continue
		}
		key := e.Data.Key
		if e.before == "" {
			revisions[key] = 0
		}
		revisions[key]++
		c.event(e, crashLast(chains[key]), revisions[key])
		chains[key] = append(chains[key], e.after)
	}
	return chains
}

// event checks an event beside what is known of its item from those before it.
func (c *crashCheck) event(e crashAttempt, known string, revision uint64) {
	if e.before != known {
		c.Errorf("%s: event %s of %s: it was %q before, not %q", c.name, e.id, e.Data.Key, known, e.before)
	}
	if want := crashChange(e.before, e.after); e.Data.Change != want || e.Type != e.Data.Source+"."+want {
		c.Errorf("%s: event %s of %s is %q, %q, not %s", c.name, e.id, e.Data.Key, e.Type, e.Data.Change, want)
	}
	if e.Data.Revision != revision {
		c.Errorf("%s: event %s of %s has revision %d, not %d", c.name, e.id, e.Data.Key, e.Data.Revision, revision)
	}
}

// crashLast returns how an item stands at last, "" where nothing was told of it.
func crashLast(states []string) string {
	if len(states) == 0 {
		return ""
	}
	return states[len(states)-1]
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

// duplicates checks that what was taken twice had its answer lost, or was in flight when a process was killed. One
// that ended in good order leaves nothing in flight.
func (c *crashCheck) duplicates(stopped map[int]bool) {
	last, inFlight := map[string]crashAttempt{}, map[int]int{}
	for _, a := range c.attempts {
		if !a.taken || a.life < c.since {
			continue
		}
		if a.lost {
			c.lost++
		}
		if before, again := last[a.id]; again {
			c.again++
			if before.life == a.life && !before.lost {
				c.Errorf("%s: event %s was sent again although its receipt was answered", c.name, a.id)
			} else if !before.lost {
				inFlight[before.life]++
				c.killed++
			}
		}
		last[a.id] = a
	}
	for life, count := range inFlight {
		if count > c.inFlight() || stopped[life] {
			c.Errorf("%s: %d duplicates of what process %d had sent, and %d could be in flight (it was stopped: %v)",
				c.name, count, life, c.inFlight(), stopped[life])
		}
	}
}
