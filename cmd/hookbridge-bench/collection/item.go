package collection

import "strconv"

// words are what texts are made of: some take an escape, some are not ASCII.
func words() []string {
	return []string{
		"the", "poll", "returns", "a", "cursor", "that", "was", "never", "sent", "über", "café", "naïve", "価格", "δοκιμή",
		"timeout", "after", "retry", `\"quoted\"`, `back\\slash`, `line\nbreak`, "webhook", "delivery", "is", "late",
		"when", "clock", "jumps", `tab\there`, "and", "order", "holds", "per", "key", "señal", "Größe", "item",
	}
}

// labels are what an item may be marked with.
func labels() []string {
	return []string{"bug", "enhancement", "needs-triage", "área/red", "good first issue", "p1", "p2", "docs"}
}

// dice are the random choices of one version of one item (splitmix64, by Sebastiano Vigna).
type dice uint64

func (d *dice) roll(sides int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return int((z ^ (z >> 31)) % uint64(sides))
}

// viewsWidth is the number of digits of the volatile field, which stands last in an item.
const (
	viewsWidth = 8
	leastViews = 10_000_000
)

// appendItem writes an item as it stands.
func (c *Collection) appendItem(dst []byte, id uint32) []byte {
	version := c.versions[id]
	fixed := dice(c.seed ^ uint64(id)<<20)
	varied := dice(c.seed ^ uint64(id)<<20 ^ uint64(version+1)<<52)
	dst = strconv.AppendUint(append(dst, `{"id":`...), uint64(id), 10)
	dst = strconv.AppendUint(append(dst, `,"version":`...), uint64(version), 10)
	dst = append(dst, `,"state":"`...)
	dst = append(dst, []string{"open", "closed"}[varied.roll(2)]...)
	dst = appendText(append(dst, `","title":"`...), &varied, 8)
	dst = appendUser(append(dst, `","user":`...), &fixed)
	dst = appendLabels(append(dst, `,"labels":[`...), &varied)
	dst = appendMilestone(append(dst, `],"milestone":`...), &fixed)
	dst = appendText(append(dst, `,"body":"`...), &varied, 30)
	dst = append(dst, `","locked":false,"comments":`...)
	dst = strconv.AppendInt(dst, int64(varied.roll(100)), 10)
	dst = strconv.AppendUint(append(dst, `,"views":`...), leastViews+uint64(c.Views), 10)
	return append(dst, '}')
}

func appendText(dst []byte, d *dice, count int) []byte {
	all := words()
	for i := range count {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, all[d.roll(len(all))]...)
	}
	return dst
}

func appendUser(dst []byte, d *dice) []byte {
	number := int64(d.roll(1_000_000))
	dst = strconv.AppendInt(append(dst, `{"login":"user-`...), number, 10)
	dst = strconv.AppendInt(append(dst, `","id":`...), number, 10)
	return append(dst, `,"type":"User","site_admin":false}`...)
}

func appendLabels(dst []byte, d *dice) []byte {
	all := labels()
	for i := range 1 + d.roll(3) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), all[d.roll(len(all))]...), '"')
	}
	return dst
}

func appendMilestone(dst []byte, d *dice) []byte {
	dst = strconv.AppendInt(append(dst, `{"number":`...), int64(d.roll(50)), 10)
	return append(dst, `,"title":"v1.x","due_on":"2026-12-01T08:00:00Z"}`...)
}
