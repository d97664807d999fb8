package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A crashAPI is a collection that changes all the time, and the ledger of what it showed: every listing that
// a client read to its end. It answers in pages, or with pageSize 0 in one page that has an ETag. Pages of one
// listing are of one moment. Now and then an answer breaks off.
type crashAPI struct {
	name     string
	pageSize int
	ended    func() // a listing was read to its end

	mu       sync.Mutex
	random   *rand.Rand
	items    map[string]string // bodies, by key
	version  int
	listings map[string]*crashListing // under way, by token
	ledger   []*crashListing          // read to the end, in order
	broken   int                      // answers that broke off
	calm     bool                     // nothing breaks any more
	poised   chan struct{}            // not nil: closed at the end of the next listing, after which nothing changes
	still    bool                     // nothing changes until a listing ends
}

// A crashListing is what was shown to one poll.
type crashListing struct {
	began     time.Time
	items     map[string]string
	committed bool // the daemon said so
}

func newCrashAPI(name string, pageSize int, seed uint64, ended func()) *crashAPI {
	a := &crashAPI{
		name: name, pageSize: pageSize, ended: ended, items: map[string]string{},
		random: rand.New(rand.NewPCG(seed, uint64(len(name)))), listings: map[string]*crashListing{},
	}
	for range 40 {
		a.change()
	}
	return a
}

// change lets one thing happen: an item comes, changes, or goes. Keys come again, bodies never do.
func (a *crashAPI) change() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.still {
		return
	}
	a.version++
	key := "k" + strconv.Itoa(a.random.IntN(60))
	if _, there := a.items[key]; there && len(a.items) > 20 && a.random.IntN(3) == 0 {
		delete(a.items, key)
		return
	}
	filler := strings.Repeat("é", 20+a.random.IntN(400))
	a.items[key] = fmt.Sprintf(`{"id":%q,"version":%d,"note":"%s","price":%d.50}`, key, a.version, filler, a.version)
}

func (a *crashAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if a.pageSize == 0 {
		a.whole(w, r, began)
		return
	}
	token, from := r.URL.Query().Get("listing"), 0
	if token == "" {
		token = strconv.Itoa(len(a.listings) + 1)
		a.listings[token] = &crashListing{began: began, items: maps.Clone(a.items)}
	} else {
		from, _ = strconv.Atoi(r.URL.Query().Get("from"))
	}
	a.page(w, token, from)
}

// whole answers all at once. Not modified says as much of the collection as all of it.
func (a *crashAPI) whole(w http.ResponseWriter, r *http.Request, began time.Time) {
	listing := &crashListing{began: began, items: maps.Clone(a.items)}
	tag := fmt.Sprintf(`"v%d"`, a.version)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
	} else if a.breaks(w) || !crashSend(w, listing.items, slices.Sorted(maps.Keys(listing.items))) {
		return
	}
	a.end(listing)
}

func (a *crashAPI) page(w http.ResponseWriter, token string, from int) {
	listing := a.listings[token]
	keys := slices.Sorted(maps.Keys(listing.items))
	to := min(from+a.pageSize, len(keys))
	if to < len(keys) {
		w.Header().Set("Link", fmt.Sprintf(`<?listing=%s&from=%d>; rel="next"`, token, to))
	}
	if !a.breaks(w) && crashSend(w, listing.items, keys[from:to]) && to == len(keys) {
		a.end(listing)
	}
}

// breaks answers, now and then, half a list.
func (a *crashAPI) breaks(w http.ResponseWriter) bool {
	if a.calm || a.random.IntN(40) > 0 {
		return false
	}
	a.broken++
	_, _ = w.Write([]byte(`{"items":[{"id":"k1","vers`))
	return true
}

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

// crashSend returns whether nothing is known to have gone wrong.
func crashSend(w http.ResponseWriter, items map[string]string, keys []string) bool {
	bodies := []json.RawMessage{}
	for _, key := range keys {
		bodies = append(bodies, json.RawMessage(items[key]))
	}
	text, err := json.Marshal(map[string]any{"items": bodies})
	if err == nil {
		_, err = w.Write(text)
	}
	return err == nil
}

// commit notes that the daemon said of the poll that began then that it kept it. Polls of a source never
// overlap: its listing is the first one after.
func (a *crashAPI) commit(began time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, listing := range a.ledger {
		if !listing.began.Before(began) {
			listing.committed = true
			return
		}
	}
}

// soothe ends what breaks answers.
func (a *crashAPI) soothe() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calm = true
}
