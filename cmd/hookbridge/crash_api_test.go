package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
)

// A crashShape is a kind of collection: how large its items are, how often it is asked, and how it answers.
type crashShape struct {
	name  string
	size  int           // of an item, at most
	keys  int           // that there may be
	burst int           // changes at a time
	pause time.Duration // between two polls that the test asks for
	more  string        // attributes of the source

	// partial says that a listing holds only some of the items: what is absent from it may well be there.
	partial bool
	scrolls bool // older items are not shown any more
	answer  func(*crashAPI, http.ResponseWriter, *http.Request)
}

// A crashAPI is a collection that changes all the time, and the ledger of what it showed. Now and then an answer
// breaks off.
type crashAPI struct {
	crashShape
	ended func() // a listing was read to its end

	mu       sync.Mutex
	random   *rand.Rand
	items    map[string]crashItem
	version  int
	listings map[string]*crashListing // under way, by token
	ledger   []*crashListing          // read to the end, in order
	broken   int                      // answers that broke off
	busy     int                      // requests that were put off
	calm     bool                     // nothing breaks any more
	poised   chan struct{}            // not nil: closed at the end of the next listing, after which nothing changes
	still    bool                     // nothing changes until a listing ends
}

// A crashItem is an item as it stands.
type crashItem struct {
	body    string
	mark    string // what tells the body from all others; "" where the item is gone
	version int
	updated int64 // unix milliseconds
}

// A crashListing is what was shown at once: marks, by key.
type crashListing struct {
	began time.Time
	items map[string]string
	count int             // of the items that were sent
	kept  bool            // the daemon said so
	over  map[string]bool // keys that the same poll was shown again, later

	bodies []crashItem // while its pages are asked for
}

func newCrashAPI(shape crashShape, seed uint64, ended func()) *crashAPI {
	a := &crashAPI{
		crashShape: shape, ended: ended, items: map[string]crashItem{},
		random: rand.New(rand.NewPCG(seed, uint64(len(shape.name)))), listings: map[string]*crashListing{},
	}
	for range shape.keys {
		a.change()
	}
	return a
}

// change lets things happen: items come, change, or go. Keys come again, bodies never do.
func (a *crashAPI) change() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for range a.burst {
		if !a.still {
			a.changeOne()
		}
	}
}

func (a *crashAPI) changeOne() {
	a.version++
	key := "k" + strconv.Itoa(a.random.IntN(a.keys))
	now := time.Now().UnixMilli()
	if a.items[key].mark != "" && a.random.IntN(3) == 0 && a.living() > a.keys/3 {
		body := fmt.Sprintf(`{"id":%q,"version":%d,"updated":%d,"deleted":true}`, key, a.version, now)
		a.items[key] = crashItem{body: body, version: a.version, updated: now}
		return
	}
	filler := strings.Repeat("é", 20+a.random.IntN(a.size/2))
	body := fmt.Sprintf(`{"id":%q,"version":%d,"updated":%d,"note":"%s","price":%d.50}`, key, a.version, now, filler, a.version)
	a.items[key] = crashItem{body, crashMark([]byte(body)), a.version, now}
}

func (a *crashAPI) living() (count int) {
	for _, item := range a.items {
		if item.mark != "" {
			count++
		}
	}
	return count
}

// crashMark tells a body from all others, in few bytes. Bodies begin with key and version.
func crashMark(body []byte) string {
	if len(body) < 100 {
		return string(body)
	}
	return fmt.Sprintf("%s… %x", body[:30], sha256.Sum256(body))
}

// here returns the items that are not gone, by key.
func (a *crashAPI) here() map[string]crashItem {
	here := maps.Clone(a.items)
	maps.DeleteFunc(here, func(_ string, item crashItem) bool { return item.mark == "" })
	return here
}

func (a *crashAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	a.answer(a, w, r)
}

// show answers with items, the oldest version first, and reports whether nothing is known to have gone wrong.
func (a *crashAPI) show(w http.ResponseWriter, items []crashItem) bool {
	if !a.calm && a.random.IntN(40) == 0 {
		a.broken++
		_, _ = w.Write([]byte(`{"items":[{"id":"k1","vers`))
		return false
	}
	bodies := make([]string, len(items))
	for i, item := range items {
		bodies[i] = item.body
	}
	_, err := w.Write([]byte(`{"items":[` + strings.Join(bodies, ",") + `]}`))
	return err == nil
}

func byVersion(a, b crashItem) int { return cmp.Compare(a.version, b.version) }

func newCrashListing(items map[string]crashItem) *crashListing {
	l := &crashListing{began: time.Now(), items: map[string]string{}, count: len(items)}
	for key, item := range items {
		l.items[key] = item.mark
	}
	return l
}

// end notes a listing that was read to its end.
func (a *crashAPI) end(listing *crashListing) {
	a.ledger = append(a.ledger, listing)
	a.still = a.poised != nil
	if a.still {
		close(a.poised)
		a.poised = nil
	}
	a.ended()
}

// poise keeps the collection as the next listing shows it until there is another one: a daemon that is killed
// in between must find again what it had not yet committed. It returns what is closed when that listing ends.
func (a *crashAPI) poise() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.poised = make(chan struct{})
	return a.poised
}

// keep notes what the daemon said of a poll: if it went well, it kept what it was shown. Polls of a source never overlap: all
// that was shown meanwhile, it was shown.
func (a *crashAPI) keep(report admin.Report) {
	if report.Error != "" || report.Coverage == bridge.Skipped.String() {
		return
	}
	took, _ := time.ParseDuration(report.Took)
	until := report.Started.Add(took + time.Microsecond)
	a.mu.Lock()
	defer a.mu.Unlock()
	var shown []*crashListing
	for i := len(a.ledger) - 1; i >= 0 && !a.ledger[i].began.Before(report.Started); i-- {
		if a.ledger[i].began.Before(until) {
			shown = append(shown, a.ledger[i])
		}
	}
	slices.Reverse(shown)
	for i, listing := range shown {
		if report.Seen -= listing.count; report.Seen < 0 && report.Coverage != bridge.Unchanged.String() {
			return // the poll ended, and was kept, before it had read this
		}
		listing.kept, listing.over = true, map[string]bool{}
		for _, later := range shown[i+1:] {
			for key := range later.items {
				listing.over[key] = true
			}
		}
	}
}

// soothe ends what breaks answers.
func (a *crashAPI) soothe() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calm = true
}

// states returns how an item stood in each listing that told of it, beginning with its absence before all of them.
func (a *crashAPI) states(key string, kept bool) []string {
	states := []string{""}
	for _, listing := range a.ledger {
		mark, told := listing.items[key]
		if (told || !a.partial) && (!kept || listing.kept && !listing.over[key]) {
			states = append(states, mark)
		}
	}
	return slices.Compact(states)
}

// scrolledAway reports whether what an item is now was perhaps never shown.
func (a *crashAPI) scrolledAway(key string) bool {
	_, shown := a.ledger[len(a.ledger)-1].items[key]
	return a.scrolls && !shown
}
