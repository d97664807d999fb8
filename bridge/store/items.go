package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// untilKnown is how long to wait before a source of which nothing is known is asked about again.
const untilKnown = 10 * time.Second

// Items yields what is known of a source, in the order of Entries. What is deleted while it reads may
// be missing, and what is changed may be new. A source whose baseline is not there yet is an error, because
// nothing is known of it then: [bridge.PutOff], since that will change. An error ends the sequence.
func Items(ctx context.Context, from Sources, source string) iter.Seq2[bridge.Item, error] {
	return func(yield func(bridge.Item, error) bool) {
		items, err := known(ctx, from, source)
		if err != nil {
			yield(bridge.Item{}, err)
			return
		}
		for _, i := range items {
			snapshot, err := from.Stored(ctx, source, Entry{Key: i.key, Slot: i.slot})
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if !yield(bridge.Item{Key: snapshot.Key, Body: snapshot.Body}, err) || err != nil {
				return
			}
		}
	}
}

// A spot is what finds an item.
type spot struct {
	key  Hash
	slot uint64
}

// known reads the index at once: whoever asks for items may take its time with each.
func known(ctx context.Context, from Sources, source string) ([]spot, error) {
	memory, err := from.Memory(ctx, source)
	switch {
	case err != nil:
		return nil, err
	case memory.Baseline.IsZero():
		return nil, bridge.PutOff(fmt.Errorf("source %q has not been polled yet", source), untilKnown)
	}
	items := make([]spot, 0, memory.Items)
	for entry, err := range from.Entries(ctx, source) {
		if err != nil {
			return nil, err
		}
		items = append(items, spot{entry.Key, entry.Slot})
	}
	return items, nil
}
