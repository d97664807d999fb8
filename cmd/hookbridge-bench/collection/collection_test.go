package collection

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func itemsOf(t *testing.T, l *Listing) []json.RawMessage {
	t.Helper()
	var items []json.RawMessage
	text := slices.Concat([]byte("["), l.Part(0, l.Len()), []byte("]"))
	if err := json.Unmarshal(text, &items); err != nil {
		t.Fatal(err)
	}
	return items
}

func listed(c *Collection) *Listing {
	l := &Listing{}
	l.Write(c)
	return l
}

func TestTwoCollectionsOfOneSeedAreTheSameWhateverChanges(t *testing.T) {
	a, b := New(7, 500), New(7, 500)
	for range 5 {
		mix := Mix{Created: 3, Updated: 40, Deleted: 5}
		if !reflect.DeepEqual(a.Change(mix), b.Change(mix)) {
			t.Fatal("they changed in different ways")
		}
	}
	if !bytes.Equal(listed(a).text, listed(b).text) {
		t.Error("they list different bytes")
	}
	if bytes.Equal(listed(a).text, listed(New(8, 500)).text) {
		t.Error("another seed lists the same")
	}
}

func TestItemsAreOfTheShapeAndSizeThatTheBarsSpeakOf(t *testing.T) {
	c := New(1, 2000)
	l := listed(c)
	if mean := len(l.text) / l.Len(); mean < 450 || mean > 600 {
		t.Errorf("items have %d bytes", mean)
	}
	for _, raw := range itemsOf(t, l)[:200] {
		var item map[string]any
		if err := json.Unmarshal(raw, &item); err != nil {
			t.Fatal(err)
		}
		objects, arrays := 0, 0
		for _, value := range item {
			switch value.(type) {
			case map[string]any:
				objects++
			case []any:
				arrays++
			}
		}
		if objects != 2 || arrays != 1 {
			t.Fatalf("%s has %d objects and %d arrays", raw, objects, arrays)
		}
	}
	if !bytes.Contains(l.text, []byte(`\"`)) || !bytes.Contains(l.text, []byte("価格")) {
		t.Error("there is no escape, or nothing beyond ASCII")
	}
}

func TestWhatAChangeSaysIsWhatTheListingsShow(t *testing.T) {
	c := New(3, 300)
	for range 4 {
		was := hashes(t, c)
		changes := c.Change(Mix{Created: 7, Updated: 30, Deleted: 11})
		now := hashes(t, c)
		for _, change := range changes {
			if was[change.Key] != change.Before || now[change.Key] != change.After || change.Before == change.After {
				t.Errorf("%+v: it was %d and is %d", change, was[change.Key], now[change.Key])
			}
			delete(was, change.Key)
			delete(now, change.Key)
		}
		for key, hash := range was {
			if now[key] != hash {
				t.Errorf("%s changed, and nobody said so", key)
			}
		}
		if len(was) != len(now) || len(changes) != 48 {
			t.Errorf("%d changes, %d items stayed and %d", len(changes), len(was), len(now))
		}
	}
}

func hashes(t *testing.T, c *Collection) map[string]uint64 {
	all := map[string]uint64{}
	for i, item := range itemsOf(t, listed(c)) {
		all[c.key(i)] = Hash(item)
	}
	return all
}

func TestTheVolatileFieldChangesInPlaceAndNothingElseDoes(t *testing.T) {
	c := New(5, 50)
	l := listed(c)
	l.View(0, l.Len(), 123)
	c.Views = 123
	if again := listed(c); !bytes.Equal(l.text, again.text) {
		t.Error("the listing differs from one that is written with these views")
	}
	if len(itemsOf(t, l)) != 50 {
		t.Error("it is no list of 50 items")
	}
}

func TestPartsOfAListingMakeAllOfIt(t *testing.T) {
	l := listed(New(5, 10))
	all := slices.Concat(l.Part(0, 4), []byte(","), l.Part(4, 9), []byte(","), l.Part(9, 10))
	if !bytes.Equal(all, l.Part(0, 10)) || len(l.Part(3, 3)) != 0 {
		t.Error("they do not")
	}
}
