package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A soakAPI has many collections, one of whose items changes with every other request.
type soakAPI struct {
	mu    sync.Mutex
	all   [soakSources][soakItems]int // versions
	calm  bool
	asked int
}

func newSoakAPI() *soakAPI { return &soakAPI{} }

func (a *soakAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/s"))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	w.Header().Set("Content-Type", "application/json")
	if !a.calm && rand.IntN(100) == 0 {
		_, _ = w.Write([]byte(`[{"id":"k0","vers`))
		return
	}
	if !a.calm && rand.IntN(2) == 0 {
		a.all[n][rand.IntN(soakItems)]++
	}
	items := make([]string, soakItems)
	for key, version := range a.all[n] {
		items[key] = fmt.Sprintf(`{"id":"k%d","version":%d,"filler":%q}`, key, version, strings.Repeat("x", 100+version%50*10))
	}
	_, _ = fmt.Fprintf(w, "[%s]", strings.Join(items, ","))
}

func (a *soakAPI) soothe() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calm = true
}

// versions returns how the items of a collection stand, by key.
func (a *soakAPI) versions(n int) map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := map[string]int{}
	for key, version := range a.all[n] {
		now[fmt.Sprintf("k%d", key)] = version
	}
	return now
}

// A soakReceiver behaves as its name says.
type soakReceiver struct {
	name  string
	began time.Time
	mu    sync.Mutex
	calm  bool
	taken int
	last  map[string]int // versions told, by item
}

func newSoakReceiver(name string) *soakReceiver {
	return &soakReceiver{name: name, began: time.Now(), last: map[string]int{}}
}

func (r *soakReceiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var event struct {
		Data struct {
			Source, Key string
			After       struct{ Version int }
		}
	}
	if err := json.NewDecoder(request.Body).Decode(&event); err != nil {
		panic(http.ErrAbortHandler)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.calm && r.fails(w) {
		return
	}
	r.taken++
	item := event.Data.Source + "/" + event.Data.Key
	r.last[item] = max(r.last[item], event.Data.After.Version)
}

// fails reports whether it does not take a request, and has answered or cut it off.
func (r *soakReceiver) fails(w http.ResponseWriter) bool {
	switch {
	case r.name == "slow":
		<-time.After(10 * time.Millisecond) // one after the other
	case r.name == "falling" && time.Since(r.began)%(4*time.Minute) > 3*time.Minute:
		panic(http.ErrAbortHandler)
	case r.name == "flaky" && rand.IntN(40) == 0:
		panic(http.ErrAbortHandler)
	case r.name == "flaky" && rand.IntN(20) == 0:
		w.WriteHeader(http.StatusInternalServerError)
		return true
	}
	return false
}

func (r *soakReceiver) soothe() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calm = true
}

func (r *soakReceiver) told() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
