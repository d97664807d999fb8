package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// look compares the model with what the state holds, after what became of an open poll is settled by it.
func (w *watch) look(p *polled) {
	kept := p.peek
	defer w.wishes(kept)
	switch {
	case w.forgotten(p), w.reset && kept.memory.Baseline.IsZero() && len(kept.items) == 0:
		w.forget()
		return
	case w.open == nil:
	case kept.memory.Polled.Equal(w.open.began):
		w.take(w.then, nil)
		w.believe(w.open.sight())
	case !w.matches(w.items, kept) && w.then.splits(w.open.sight().shown):
		w.mix(kept)
		return
	}
	if !w.matches(w.items, kept) {
		w.blame("state", w.name, "", p.began, "the state is none that there may be: %s", w.differences(kept))
		w.adopt(kept)
	}
}

// wishes takes over which wishes of an operator are still open, where that is not known.
func (w *watch) wishes(kept *peek) {
	if w.loose {
		w.released, w.rebaseline, w.loose = kept.memory.Released, kept.memory.Rebaseline, false
	}
}

// forgotten reports whether the source was away for so long that nothing is kept of it.
func (w *watch) forgotten(p *polled) bool {
	last := time.Time{}
	for _, other := range w.polls {
		if other.source.name == p.source.name && other.began.Before(p.began) {
			last = other.began
		}
	}
	return w.based && p.peek.memory.Baseline.IsZero() && p.began.Sub(last) > 30*24*time.Hour
}

func (w *watch) matches(items map[string]known, p *peek) bool {
	return len(items) == len(p.items) && len(w.unlike(items, p)) == 0
}

// unlike lists the keys at which a state is not as it should be.
func (w *watch) unlike(items map[string]known, p *peek) (keys []string) {
	for key := range union(items, p.items) {
		was, found := items[key]
		now, kept := p.items[key]
		if found != kept || found && (recorded(was) != now) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func recorded(k known) kept {
	waits := 0
	if k.waits != nil {
		waits = k.waits.polls
	}
	return kept{k.item, k.revision, k.absent, waits}
}

func union[A, B any](a map[string]A, b map[string]B) map[string]bool {
	all := map[string]bool{}
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	return all
}

func (w *watch) differences(p *peek) (text string) {
	for _, key := range w.unlike(w.items, p) {
		was, now := w.items[key], p.items[key]
		was.item.Pad, now.item.Pad = fmt.Sprint(len(was.item.Pad)), fmt.Sprint(len(now.item.Pad))
		text += fmt.Sprintf("\n      %s: known %+v, kept %+v", key, was, now)
	}
	return text
}

// adopt takes the state as it is, so that one mistake is told once.
func (w *watch) adopt(p *peek) {
	w.items = map[string]known{}
	for key, k := range p.items {
		w.items[key] = known{item: k.item, revision: k.revision, absent: k.absent}
	}
}

// splits reports whether what was to be written may have been too much for one commit, so that a part of it may be
// there. An item that only looks different is written anew as well.
func (v verdict) splits(shown []item) bool {
	size := 0
	for _, one := range shown {
		size += len(one.write(0))
	}
	for _, e := range v.events {
		for _, side := range []*item{e.before, e.after} {
			if side != nil {
				size += len(side.write(0))
			}
		}
	}
	return len(shown)+len(v.events) >= store.ChunkItems || size >= store.ChunkBytes*3/4
}

// mix takes in a poll of which some items were committed and others not. Each is either as it was or as it was
// to be.
func (w *watch) mix(p *peek) {
	items, took := w.clone().items, map[string]bool{}
	for _, key := range w.unlike(w.items, p) {
		now, there := w.then.after.items[key]
		was, kept := p.items[key]
		if there != kept || there && recorded(now) != was {
			w.blame("state", w.name, key, p.at, "%s is neither as it was nor as it was to be: %+v", key, was)
		}
		if took[key] = true; there {
			items[key] = now
		} else {
			delete(items, key)
		}
	}
	w.items = items
	w.take(w.then, took)
}
