package simulation

import (
	"strconv"
	"strings"
)

// guard decides whether the changes are held back.
func (r *reckoning) guard() {
	if r.silent || r.before.released {
		return
	}
	if most, bounded := r.mostDeletes(); bounded && r.deleted > most {
		r.held = "more deletes than may leave at once"
	}
	r.reshaped()
}

// mostDeletes is how many items may be deleted by one poll.
func (r *reckoning) mostDeletes() (most int, bounded bool) {
	count := len(r.before.items)
	switch text := r.source.deletes; {
	case text == "":
		return count / 2, count >= 20
	case strings.HasSuffix(text, "%"):
		share, _ := strconv.Atoi(strings.TrimSuffix(text, "%"))
		return count * share / 100, true
	default:
		most, _ = strconv.Atoi(text)
		return most, true
	}
}

// reshaped decides whether all items came back under other keys. Where most are gone and as many are new, but
// some differ beyond their keys, the program may think so or not.
func (r *reckoning) reshaped() {
	if r.missed < 5 || 2*r.missed <= r.present || 2*r.created < r.missed {
		return
	}
	fresh, same := map[item]bool{}, 0
	for _, s := range r.changes {
		if s.change == "created" {
			fresh[anonymous(*s.after)] = true
		}
	}
	for key, was := range r.before.items {
		if !r.seen[key] && was.absent == 0 && fresh[anonymous(was.item)] {
			same++
		}
	}
	if r.doubt = true; 10*same >= 9*r.missed && r.held == "" {
		r.held, r.doubt = "all items came back under other keys", false
	}
}

// anonymous is the item without what tells it apart.
func anonymous(i item) item {
	i.ID, i.Updated = "", ""
	return i
}
