package admin

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// letter is a dead letter.
type letter struct {
	event    bridge.Event
	delivery store.Delivery
}

// dead yields the dead letters that fit a filter, newest first.
func (a *api) dead(ctx context.Context, f store.Filter) iter.Seq2[letter, error] {
	buried := store.Buried
	f.State = &buried
	return func(yield func(letter, error) bool) {
		for record, err := range a.bridge.History().Events(ctx, f) {
			if err != nil {
				yield(letter{}, err)
				return
			}
			for _, d := range record.Deliveries {
				fits := d.State == store.Buried && (f.Sink == "" || d.Sink == f.Sink)
				if fits && !yield(letter{record.Event, d}, nil) {
					return
				}
			}
		}
	}
}

// letters are the ids of dead letters by sink, oldest last.
type letters map[string][]string

// inOrder yields the sinks by name, with their ids oldest first.
func (l letters) inOrder() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, sink := range slices.Sorted(maps.Keys(l)) {
			slices.Reverse(l[sink])
			if !yield(sink, l[sink]) {
				return
			}
		}
	}
}

// picked returns the dead letters that are wanted.
func (a *api) picked(ctx context.Context, want Pick) (letters, error) {
	if err := want.check(); err != nil {
		return nil, err
	}
	if want.ID != "" {
		return a.pickedOf(ctx, want.ID, want.Sink)
	}
	all, count := letters{}, 0
	for l, err := range a.dead(ctx, want.filter()) {
		if err != nil {
			return nil, fmt.Errorf("list dead letters: %w", err)
		}
		if count++; count > pickLimit {
			return nil, tooMany()
		}
		all[l.delivery.Sink] = append(all[l.delivery.Sink], strings.Clone(l.event.ID))
	}
	return all, nil
}

// pickedOf returns the dead letters of one event.
func (a *api) pickedOf(ctx context.Context, id, sink string) (letters, error) {
	record, err := a.bridge.History().Event(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read event %q: %w", id, err)
	}
	all, known := letters{}, sink == ""
	for _, d := range record.Deliveries {
		if sink != "" && d.Sink != sink {
			continue
		}
		known = true
		if d.State == store.Buried {
			all[d.Sink] = []string{id}
		}
	}
	switch {
	case !known:
		return nil, fmt.Errorf("delivery of %q to sink %q: %w", id, sink, store.ErrNotFound)
	case len(all) == 0:
		return nil, &Error{http.StatusConflict, fmt.Sprintf("event %q has no dead letter there", id)}
	}
	return all, nil
}

func (want Pick) check() error {
	rest := want.filter()
	rest.Sink = ""
	narrowed := rest != store.Filter{}
	switch {
	case want.ID != "" && (narrowed || want.All):
		return usage("give an id or a filter, not both")
	case want.ID == "" && !narrowed && want.Sink == "" && !want.All:
		return usage("nothing says which dead letters: give an id, a filter, or all (--all, \"all\": true)")
	}
	return nil
}

func (want Pick) filter() store.Filter {
	return store.Filter{
		Since: want.Since, Until: want.Until, Source: want.Source, Key: want.Key, Type: want.Type, Sink: want.Sink,
	}
}
