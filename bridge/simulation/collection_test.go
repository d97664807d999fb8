package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A collection is what an upstream holds, and all that will ever happen to it: its history is drawn before the
// world begins, and what it holds at an instant depends on nothing else.
type collection struct {
	name    string
	dice    dice
	since   bool // it can be asked for what changed, and tells of what is gone
	fat     bool // its items are large
	forms   int  // in how many forms it writes what means the same
	history []change

	mu     sync.Mutex
	next   int // change of the history
	items  map[string]*row
	listed map[string][]row // by order, until the next change
	texts  map[text]string  // of items
}

// A text is an item in a form.
type text struct {
	item item
	form int
}

// A change is one thing that happens to one item.
type change struct {
	at   time.Time
	item item
	gone bool
	hard bool // without a tombstone
}

// A row is an item and what became of it.
type row struct {
	item
	number int // in the order of creation
	gone   bool
	hard   bool
	at     time.Time // of the last change
}

// until brings the collection up to an instant.
func (c *collection) until(now time.Time) {
	if c.items == nil {
		c.items = map[string]*row{}
	}
	for c.next < len(c.history) && !c.history[c.next].at.After(now) {
		c.listed = nil
		h := c.history[c.next]
		r := c.items[h.item.ID]
		if r == nil {
			r = &row{number: c.next}
			c.items[h.item.ID] = r
		}
		if r.gone && !h.gone {
			r.number = c.next // it comes back as the newest
		}
		r.item, r.gone, r.hard, r.at = h.item, h.gone, h.hard, h.at
		c.next++
	}
}

// list returns what there is at an instant, in an order.
func (c *collection) list(now time.Time, order string) (all []row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until(now); c.listed[order] != nil {
		return c.listed[order]
	}
	for _, r := range c.items {
		if !r.gone {
			all = append(all, *r)
		}
	}
	by := orders()[order]
	slices.SortFunc(all, func(a, b row) int { return by(&a, &b) })
	if c.listed == nil {
		c.listed = map[string][]row{}
	}
	c.listed[order] = all
	return all
}

// orders are those in which there may be a list.
func orders() map[string]func(a, b *row) int {
	return map[string]func(a, b *row) int{"id": byID, "oldest": oldestFirst, "newest": newestFirst, "stamp": byStamp}
}

// write returns an item as it is written in a form.
func (c *collection) write(i item, form int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	written, found := c.texts[text{i, form}]
	if !found {
		if written = i.write(form); c.texts == nil {
			c.texts = map[text]string{}
		}
		c.texts[text{i, form}] = written
	}
	return written
}

// changed returns what changed at or after an instant, tombstones as well, oldest first.
func (c *collection) changed(now, since time.Time) (all []row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until(now)
	for _, r := range c.items {
		if stamp(r.at).Before(since) || r.gone && r.hard {
			continue
		}
		told := *r
		told.Gone = r.gone
		all = append(all, told)
	}
	slices.SortFunc(all, func(a, b row) int { return byStamp(&a, &b) })
	return all
}

// stamp is the instant of a change as the upstream tells it.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Second) }

func byID(a, b *row) int { return strings.Compare(a.ID, b.ID) }

func oldestFirst(a, b *row) int { return cmp.Compare(a.number, b.number) }

func newestFirst(a, b *row) int { return cmp.Compare(b.number, a.number) }

func byStamp(a, b *row) int { return cmp.Or(cmp.Compare(a.Updated, b.Updated), byID(a, b)) }

// A drawing is a history while it is drawn.
type drawing struct {
	*collection
	now   time.Time
	alive []item
	gone  []item
	old   map[string]item // what items were before their last change
	made  int
}

// draw makes a history: so many items at first, and then so many changes, evenly over a time.
func (c *collection) draw(from time.Time, length time.Duration, items, changes int) {
	d := &drawing{collection: c, now: from.Add(-time.Hour), old: map[string]item{}}
	for range items {
		d.create()
		d.now = d.now.Add(time.Second)
	}
	for n := range changes {
		d.now = from.Add(time.Duration(float64(length) * (float64(n) + c.dice.unit("when", n)) / float64(changes)))
		d.change(n)
	}
}

func (d *drawing) change(n int) {
	kinds := []weight[func(int)]{
		{20, func(int) { d.create() }},
		{40, d.edit},
		{10, d.back},
		{10, d.noise},
		{12, d.remove},
		{8, d.revive},
		{1, d.wipe},
		{1, d.restore},
		{0.5, d.reshape},
	}
	choose(d.dice, kinds, "kind", n)(n)
}

func (d *drawing) write(i item, gone, hard bool) {
	if d.since {
		i.Updated = stamp(d.now).Format(time.RFC3339)
	}
	d.history = append(d.history, change{at: d.now, item: i, gone: gone, hard: hard})
}

func (d *drawing) create() {
	d.made++
	i := item{
		ID: fmt.Sprintf("%c%d", 'a'+d.dice.below(6, "letter", d.made), d.made), Title: fmt.Sprintf("%s-%d", d.name, d.made),
		State: "open", N: float64(d.dice.below(1000, "n", d.made)), Labels: pick(d.dice, []string{"", "x", "x,y"}, "labels", d.made),
	}
	if d.fat {
		i.Pad = strings.Repeat("pad ", 4_000+d.dice.below(6_000, "pad", d.made))
	}
	d.alive = append(d.alive, i)
	d.write(i, false, false)
}

// some picks a living item.
func (d *drawing) some(n int) *item {
	if len(d.alive) == 0 {
		d.create()
	}
	return &d.alive[d.dice.below(len(d.alive), "which", n)]
}

func (d *drawing) edit(n int) {
	i := d.some(n)
	d.old[i.ID] = *i
	switch d.dice.below(3, "what", n) {
	case 0:
		i.State = map[string]string{"open": "closed", "closed": "open"}[i.State]
	case 1:
		i.N = float64(d.dice.below(1000, "n of", n))
	default:
		i.Labels = fmt.Sprint("l", d.dice.below(50, "label", n))
	}
	d.write(*i, false, false)
}

// back undoes the last change of an item.
func (d *drawing) back(n int) {
	i := d.some(n)
	if old, ok := d.old[i.ID]; ok {
		*i = old
	}
	d.write(*i, false, false)
}

// noise changes what nobody may care about.
func (d *drawing) noise(n int) {
	i := d.some(n)
	i.Noise = float64(n)
	d.write(*i, false, false)
}

func (d *drawing) remove(n int) {
	i := *d.some(n)
	d.alive = slices.DeleteFunc(d.alive, func(other item) bool { return other.ID == i.ID })
	d.gone = append(d.gone, i)
	d.write(i, true, d.dice.chance(0.1, "hard", n))
}

// revive brings an item back, as it was or changed.
func (d *drawing) revive(n int) {
	if len(d.gone) == 0 {
		return
	}
	at := d.dice.below(len(d.gone), "back", n)
	i := d.gone[at]
	d.gone = slices.Delete(d.gone, at, at+1)
	if d.dice.chance(0.5, "changed", n) {
		i.State = "back"
	}
	d.alive = append(d.alive, i)
	d.write(i, false, false)
}

// wipe takes away most of what there is, at once.
func (d *drawing) wipe(n int) {
	share := 0.4 + 0.6*d.dice.unit("share", n)
	for len(d.alive) > 0 && d.dice.chance(share, "wiped", n, len(d.alive)) {
		d.remove(n)
	}
}

func (d *drawing) restore(n int) {
	for len(d.gone) > 0 && d.dice.chance(0.9, "restored", n, len(d.gone)) {
		d.revive(n)
	}
}

// reshape gives every item another key, and leaves the rest of it.
func (d *drawing) reshape(n int) {
	for at := range d.alive {
		i := d.alive[at]
		d.write(i, true, false)
		i.ID = fmt.Sprintf("r%d-%s", n, i.ID)
		d.alive[at] = i
		d.write(i, false, false)
	}
}
