package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
)

// seen returns a ledger of a collection that changed a few times, and arrivals as they should be.
func seen() (*Ledger, []receiver.Arrival) {
	l, c := New(), collection.New(3, 20)
	var arrivals []receiver.Arrival
	for range 4 {
		changes := c.Change(collection.Mix{Created: 1, Updated: 12, Deleted: 2})
		l.Add("items", changes...)
		for _, change := range changes {
			arrivals = append(arrivals, receiver.Arrival{
				ID: fmt.Sprintf("evt_%d", len(arrivals)), Source: "items", Key: change.Key,
				Change: change.Kind, Before: change.Before, After: change.After,
			})
		}
	}
	return l, arrivals
}

func TestWhatArrivesAsItChangedIsRight(t *testing.T) {
	l, arrivals := seen()
	v := l.Judge(arrivals)
	if len(v.Faults) > 0 || v.Events != l.Len() || v.Duplicates != 0 {
		t.Errorf("%+v", v)
	}
}

// A copy may lag behind in a field that is ignored, and in nothing else.
func TestWhatWasBeforeMayLagBehindInItsViews(t *testing.T) {
	l, c := New(), collection.New(3, 20)
	was := c.Update(0).After
	c.Views = 1
	change := c.Update(0)
	l.Add("items", change)
	for before, faults := range map[uint64]int{change.Before: 0, was: 0, was + 1: 1, change.After: 1} {
		arrival := receiver.Arrival{
			ID: "evt_1", Source: "items", Key: change.Key, Change: change.Kind, Before: before, After: change.After,
		}
		if v := l.Judge([]receiver.Arrival{arrival}); len(v.Faults) != faults {
			t.Errorf("before %d of %+v: %q", before, change, v.Faults)
		}
	}
}

func TestEachThingThatIsWrongIsFound(t *testing.T) {
	_, right := seen()
	first := right[0]
	second := slices.IndexFunc(right[1:], func(a receiver.Arrival) bool { return a.Key == first.Key }) + 1
	for name, test := range map[string]struct {
		spoil func([]receiver.Arrival) []receiver.Arrival
		want  string
	}{
		"lost":      {func(a []receiver.Arrival) []receiver.Arrival { return a[:len(a)-1] }, "never arrived"},
		"all lost":  {func([]receiver.Arrival) []receiver.Arrival { return nil }, "never arrived"},
		"doubled":   {func(a []receiver.Arrival) []receiver.Arrival { return append(a, a[5]) }, "arrived again"},
		"two forms": {func(a []receiver.Arrival) []receiver.Arrival { again := a[5]; again.After++; return append(a, again) }, "two forms"},
		"order":     {func(a []receiver.Arrival) []receiver.Arrival { a[0], a[second] = a[second], a[0]; return a }, "comes next"},
		"invented": {func(a []receiver.Arrival) []receiver.Arrival {
			more := a[0]
			more.ID, more.Key = "evt_x", "4711"
			return append(a, more)
		}, "nothing changed"},
		"other bytes": {func(a []receiver.Arrival) []receiver.Arrival { a[3].After++; return a }, "is another"},
		"no past":     {func(a []receiver.Arrival) []receiver.Arrival { a[3].Before++; return a }, "is another"},
		"unsigned":    {func(a []receiver.Arrival) []receiver.Arrival { a[3].Fault = "its signature"; return a }, "its signature"},
	} {
		l, arrivals := seen()
		if v := l.Judge(test.spoil(arrivals)); !strings.Contains(v.String(), test.want) {
			t.Errorf("%s: %s", name, v)
		}
	}
}
