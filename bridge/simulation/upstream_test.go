package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
)

// An upstream serves the collections, and writes down what it answered to whom.
type upstream struct{ *world }

// A question is a request, taken apart.
type question struct {
	*polled
	*exchange
	collection *collection
	values     url.Values
	header     http.Header
	number     int // of the request among those of its poll
}

// ServeHTTP answers a request for a page.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	p := u.polling(parts[1])
	if p == nil || !u.gate().at("page asked") {
		return
	}
	q := &question{polled: p, exchange: &exchange{}, values: r.URL.Query(), header: r.Header}
	q.collection = p.source.collection
	u.ledger.note(func() {
		q.number = len(p.exchanges)
		p.exchanges = append(p.exchanges, q.exchange)
	})
	fault := u.fault(q)
	time.Sleep(fault.takes)
	q.at, q.fault, q.lie, q.wait = time.Now(), fault.name, fault.lie, fault.wait
	u.answer(w, r, q, fault)
}

// answer sends the page, as the fault has it.
func (u *upstream) answer(w http.ResponseWriter, r *http.Request, q *question, f fault) {
	page := u.page(q)
	if f.bend != nil {
		f.bend(q, page)
	}
	body := page.write(q.collection, q.dice(u))
	w.Header().Set("Content-Type", "application/json")
	if page.link != "" {
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, page.link))
	}
	tag := fmt.Sprintf(`"%x"`, xxh3.Hash(body))
	if q.collection.tags() {
		w.Header().Set("ETag", tag)
	}
	if f.wait > 0 && f.send == nil {
		w.Header().Set("X-Poll-Interval", strconv.Itoa(int(f.wait.Seconds())))
	}
	q.items, q.next = page.items, page.more
	switch {
	case f.send != nil:
		f.send(w, r, body)
		return
	case q.collection.tags() && r.Header.Get("If-None-Match") == tag:
		q.same = true
		w.WriteHeader(http.StatusNotModified)
	default:
		_, _ = w.Write(body)
	}
	q.sent = http.NewResponseController(w).Flush() == nil
	time.Sleep(afterwards)
	u.gate().at("page answered")
}

// afterwards is how long after an answer a server has its second thoughts: all that the program does with it at
// once is done by then.
const afterwards = 25 * time.Microsecond

func (q *question) dice(u *upstream) dice {
	return u.plan.dice.of("form", q.collection.name, q.at.Truncate(time.Hour).UnixNano())
}

// tags reports whether the upstream tells versions of its pages.
func (c *collection) tags() bool { return !c.dice.chance(0.3, "no tags") }

// A page is what a request is answered with.
type page struct {
	items []item
	more  bool
	link  string // of the next page, in the header
	next  string // the same, in the body
	after string // what leads to the next page
}

func (p *page) write(c *collection, d dice) []byte {
	form := d.below(c.forms, "form")
	texts := make([]string, len(p.items))
	for i, one := range p.items {
		texts[i] = c.write(one, form)
	}
	next, _ := json.Marshal(p.next)
	after, _ := json.Marshal(p.after)
	if p.after == "" {
		after = []byte("null")
	}
	return fmt.Appendf(nil, `{"items":[%s],"next":%s,"after":%s}`, strings.Join(texts, ","), next, after)
}

// page finds what is asked for.
func (u *upstream) page(q *question) *page {
	rows := u.rows(q)
	size := len(rows)
	if text := q.values.Get("size"); text != "" {
		size, _ = strconv.Atoi(text)
	}
	from := q.from(rows)
	q.first = from == 0 && q.values.Get("after") == "" && q.values.Get("from") == ""
	to := min(from+size, len(rows))
	p := &page{more: to < len(rows)}
	for _, r := range rows[min(from, to):to] {
		p.items = append(p.items, r.item)
	}
	switch kind := q.source.page; {
	case q.source.mode == window || kind == "link":
		p.link = q.link(p, to)
	case kind == "next":
		p.next = q.link(p, to)
	case kind == "cursor" && p.more:
		last := rows[to-1]
		p.after = last.Updated + "|" + last.ID
	case kind == "number":
		p.more = len(p.items) == size
	case kind == "offset":
		p.more = len(p.items) > 0
	}
	return p
}

// rows lists all that the request is about.
func (u *upstream) rows(q *question) []row {
	if text := q.values.Get("since"); text != "" {
		from, _ := time.Parse(time.RFC3339, text)
		q.since = true
		u.owe(q)
		return q.collection.changed(q.at, from)
	}
	order := pick(q.collection.dice, []string{"id", "oldest", "newest"}, "order")
	switch {
	case q.source.mode == window:
		order = "newest"
	case q.source.page == "cursor":
		order = "id"
		if q.collection.since {
			order = "stamp"
		}
	}
	return q.collection.list(q.at, order)
}

// from is where the page begins among the rows.
func (q *question) from(rows []row) int {
	number := func(name string) int { n, _ := strconv.Atoi(q.values.Get(name)); return n }
	switch {
	case q.values.Get("after") != "":
		stamp, id, _ := strings.Cut(q.values.Get("after"), "|")
		at := slices.IndexFunc(rows, func(r row) bool { return r.Updated > stamp || r.Updated == stamp && r.ID > id })
		if at < 0 {
			return len(rows)
		}
		return at
	case q.source.page == "number":
		return max(number("number")-1, 0) * number("size")
	case q.source.page == "offset":
		return number("offset")
	}
	return number("from")
}

// link is the URL of the next page.
func (q *question) link(p *page, to int) string {
	if !p.more {
		return ""
	}
	values := url.Values{}
	maps.Copy(values, q.values)
	values.Set("from", strconv.Itoa(to))
	return "?" + values.Encode()
}

// owe notes what was changed so long ago that a poll for changes that begins now has no excuse not to know it.
func (u *upstream) owe(q *question) {
	if len(q.exchanges) > 1 {
		return
	}
	for _, r := range q.collection.changed(q.began, time.Time{}) {
		switch {
		case r.at.After(q.began.Add(-q.source.lag - 2*time.Second)):
		case r.gone:
			q.gone = append(q.gone, r.ID)
		default:
			q.truth = append(q.truth, r.item)
		}
	}
}
