package simulation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// An item is a member of a collection, as the upstream has it and as an event should show it.
type item struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"` // its own for ever
	State   string  `json:"state"`
	Labels  string  `json:"labels"`
	N       float64 `json:"n"`
	Noise   float64 `json:"noise"`
	Updated string  `json:"updated_at"` // where the collection can be asked for what changed
	Gone    bool    `json:"gone"`       // a tombstone
	Pad     string  `json:"pad"`        // makes it large
}

// fields writes the item's members. A server may write one number in several ways.
func (i item) fields(form int) []string {
	number := []string{"%g", "%.1f", "%ge0"}[form%3]
	all := []string{
		quoted("id", i.ID), quoted("title", i.Title), quoted("state", i.State), quoted("labels", i.Labels),
		fmt.Sprintf(`"n":`+number, i.N), fmt.Sprintf(`"noise":`+number, i.Noise),
	}
	if i.Updated != "" {
		all = append(all, quoted("updated_at", i.Updated), fmt.Sprintf(`"gone":%t`, i.Gone))
	}
	if i.Pad != "" {
		all = append(all, quoted("pad", i.Pad))
	}
	return all
}

// quoted writes a member whose text needs no escapes.
func quoted(name, text string) string { return `"` + name + `":"` + text + `"` }

// write is the item as a server may write it: in one of several forms, which mean the same.
func (i item) write(form int) string {
	all := i.fields(form)
	if form%2 == 1 {
		slices.Reverse(all)
	}
	space := []string{"", " ", "\n  "}[form%3]
	return "{" + strings.Join(all, ","+space) + "}"
}

func readItem(text []byte) (*item, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	var i item
	err := json.Unmarshal(text, &i)
	return &i, err
}

// without returns the item with the named members taken out.
func (i item) without(names []string) item {
	for _, name := range names {
		switch name {
		case "noise":
			i.Noise = 0
		case "labels":
			i.Labels = ""
		case "updated_at":
			i.Updated = ""
		case "n":
			i.N = 0
		}
	}
	return i
}

// differ lists the members in which two items differ, as JSON Pointers.
func differ(a, b item) (all []string) {
	for _, m := range []struct {
		name string
		same bool
	}{
		{"id", a.ID == b.ID},
		{"title", a.Title == b.Title},
		{"state", a.State == b.State},
		{"labels", a.Labels == b.Labels},
		{"n", a.N == b.N},
		{"noise", a.Noise == b.Noise},
		{"updated_at", a.Updated == b.Updated},
		{"gone", a.Gone == b.Gone},
		{"pad", a.Pad == b.Pad},
	} {
		if !m.same {
			all = append(all, "/"+m.name)
		}
	}
	return all
}
