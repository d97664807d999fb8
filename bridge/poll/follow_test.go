package poll

import (
	"fmt"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// volatile makes a collection in which every item bears a number that is no news.
func (w *world) volatile(items, number int) {
	var documents []string
	for id := range items {
		documents = append(documents, fmt.Sprintf(`{"id":%d,"seen":%d}`, id, number))
	}
	w.up.set(documents...)
}

// lag counts the stored copies that have not followed to a number.
func (w *world) lag(number int) (behind int) {
	w.t.Helper()
	for entry, err := range w.store.Entries(w.t.Context(), w.Name) {
		if err != nil {
			w.t.Fatal(err)
		}
		stored, err := w.store.Stored(w.t.Context(), w.Name, entry)
		if err != nil {
			w.t.Fatal(err)
		}
		if string(stored.Body) != fmt.Sprintf(`{"id":%s,"seen":%d}`, stored.Key, number) {
			behind++
		}
	}
	return behind
}

// P18: up to so many copies follow at once.
func TestCopiesOfASmallCollectionFollowAtOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.Rules = document.Rules{Ignore: paths(t, `[item.seen]`)}
		w.volatile(followedAtOnce-1, 1)
		w.good()
		w.volatile(followedAtOnce-1, 2)
		w.good()
		if behind := w.lag(2); behind != 0 {
			t.Errorf("%d copies are behind", behind)
		}
		w.wants()
	})
}

// P18: of a large collection a bounded number of copies follows with each poll, and all of them in time.
func TestCopiesOfALargeCollectionFollowByShares(t *testing.T) {
	inBubble(t, func(w *world) {
		const items = 3 * followedAtOnce
		w.Rules = document.Rules{Ignore: paths(t, `[item.seen]`)}
		w.volatile(items, 1)
		w.good()
		w.volatile(items, 2)
		w.good()
		if behind := w.lag(2); behind < items-followedAtOnce || behind > items-followedAtOnce/2 {
			t.Errorf("%d of %d copies are behind after a poll", behind, items)
		}
		for range 50 {
			w.good()
		}
		if behind := w.lag(2); behind > 10 {
			t.Errorf("%d of %d copies are behind after fifty polls more", behind, items)
		}
		w.wants()
	})
}
