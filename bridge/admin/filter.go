package admin

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// The parameters of a listing. The last is for events only.
var filterNames = []string{"since", "until", "source", "key", "type", "sink", "limit", "state"}

// values writes a filter as a query.
func (f Filter) values() url.Values {
	values := url.Values{}
	set := func(name, value string, given bool) {
		if given {
			values.Set(name, value)
		}
	}
	set("since", f.Since.Format(time.RFC3339Nano), !f.Since.IsZero())
	set("until", f.Until.Format(time.RFC3339Nano), !f.Until.IsZero())
	set("source", f.Source, f.Source != "")
	set("key", f.Key, f.Key != "")
	set("type", f.Type, f.Type != "")
	set("sink", f.Sink, f.Sink != "")
	set("state", f.State, f.State != "")
	set("limit", strconv.Itoa(f.Limit), f.Limit != 0)
	return values
}

// filterOf reads the query of a listing, strictly.
func filterOf(values url.Values, events bool) (store.Filter, error) {
	if err := knownOnce(values, events); err != nil {
		return store.Filter{}, err
	}
	f := store.Filter{
		Source: values.Get("source"), Key: values.Get("key"), Type: values.Get("type"), Sink: values.Get("sink"),
	}
	var err error
	if f.Since, err = instant(values, "since"); err != nil {
		return f, err
	}
	if f.Until, err = instant(values, "until"); err != nil {
		return f, err
	}
	if f.State, err = stateNamed(values.Get("state")); err != nil {
		return f, err
	}
	f.Limit, err = limit(values.Get("limit"))
	return f, err
}

func knownOnce(values url.Values, events bool) error {
	names := filterNames
	if !events {
		names = names[:len(names)-1]
	}
	for name, given := range values {
		if !slices.Contains(names, name) {
			return usage("unknown parameter %q: this takes %s.%s", name, strings.Join(names, ", "),
				setting.Suggest(name, names))
		}
		if len(given) > 1 {
			return usage("parameter %q is given twice", name)
		}
	}
	return nil
}

func instant(values url.Values, name string) (time.Time, error) {
	text := values.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usage("%s takes a time such as 2026-11-23T08:43:24Z, not %q", name, text)
	}
	return t, nil
}

func stateNamed(name string) (*store.State, error) {
	if name == "" {
		return nil, nil
	}
	var names []string
	for _, state := range []store.State{store.Pending, store.Done, store.Buried, store.Dropped} {
		if state.String() == name {
			return &state, nil
		}
		names = append(names, state.String())
	}
	return nil, usage("%q is no state of a delivery: these are %s.%s", name, strings.Join(names, ", "),
		setting.Suggest(name, names))
}

func limit(text string) (int, error) {
	if text == "" {
		return DefaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxLimit {
		return 0, usage("limit takes a number from 1 to %d, not %q", MaxLimit, text)
	}
	return n, nil
}
