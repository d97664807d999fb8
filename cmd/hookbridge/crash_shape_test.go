package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// crashShapes are the collections of the crash test. One is listed in pages that are of one moment, one at once
// with an ETag, one by what changed since, with tombstones, and one as far as its newest items; and one has items
// so large that neither its commits nor its events fit into one transaction.
func crashShapes() []crashShape {
	return []crashShape{
		{name: "paged", size: 800, keys: 60, burst: 1, pause: 10 * time.Millisecond, answer: (*crashAPI).paged, more: "page \"link\" {}"},
		{name: "single", size: 800, keys: 40, burst: 1, pause: 10 * time.Millisecond, answer: (*crashAPI).single},
		{
			name: "since", size: 400, keys: 60, burst: 1, pause: 10 * time.Millisecond, answer: (*crashAPI).since, partial: true,
			more: `
  timeout          = "1s" # less than a page may be put off
  on_duplicate_key = "last"
  page "link" {
    resume = true
  }
  cursor {
    field   = item.updated
    param   = "since"
    format  = "unix_ms"
    send    = "unix_ms"
    deleted = item.deleted == true
  }`,
		},
		{
			name: "newest", size: 400, keys: 40, burst: 1, pause: 10 * time.Millisecond, answer: (*crashAPI).newest, partial: true, scrolls: true,
			more: "page \"link\" {\n    max = 1\n  }",
		},
		{name: "large", size: 700 << 10, keys: 6, burst: 4, pause: 400 * time.Millisecond, answer: (*crashAPI).single},
	}
}

// config is the source's block.
func (s crashShape) config(url, sinks string, turn int) string {
	return fmt.Sprintf(`
source "http" %q {
  every   = "1s"
  jitter  = "%dms"
  url     = "%s/"
  items   = body.items
  key     = item.id
  initial = "emit"
  sinks   = [%s]
  %s
}
`, s.name, 10+turn, url, sinks, s.more)
}

// single answers all at once. Not modified says as much of the collection as all of it.
func (a *crashAPI) single(w http.ResponseWriter, r *http.Request) {
	here := a.here()
	listing, tag := newCrashListing(here), fmt.Sprintf(`"v%d"`, a.version)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		listing.count = 0
	} else if !a.show(w, slices.SortedFunc(maps.Values(here), byVersion)) {
		return
	}
	a.end(listing)
}

// crashPage is the size of a page.
const crashPage = 7

// paged answers in pages that are all of the moment at which the first of them was asked for.
func (a *crashAPI) paged(w http.ResponseWriter, r *http.Request) {
	token, from := r.URL.Query().Get("listing"), 0
	if token == "" {
		token = strconv.Itoa(len(a.listings) + 1)
		here := a.here()
		listing := newCrashListing(here)
		listing.bodies = slices.SortedFunc(maps.Values(here), byVersion)
		a.listings[token] = listing
	} else {
		from, _ = strconv.Atoi(r.URL.Query().Get("from"))
	}
	listing := a.listings[token]
	to := min(from+crashPage, len(listing.bodies))
	if to < len(listing.bodies) {
		w.Header().Set("Link", fmt.Sprintf(`<?listing=%s&from=%d>; rel="next"`, token, to))
	}
	if a.show(w, listing.bodies[from:to]) && to == len(listing.bodies) {
		listing.bodies = nil
		a.end(listing)
	}
}

// since answers with what changed since an instant, and with what is gone since, the oldest first: each page as
// the items stand when it is asked for. Now and then the next page is to be had a second later, which is more
// than a poll may take.
func (a *crashAPI) since(w http.ResponseWriter, r *http.Request) {
	since, _ := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	if after > 0 && !a.calm && a.random.IntN(20) == 0 {
		a.busy++
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	changed := maps.Clone(a.items)
	maps.DeleteFunc(changed, func(_ string, item crashItem) bool { return item.updated < since || item.version <= after })
	all := slices.SortedFunc(maps.Values(changed), byVersion)
	page := all[:min(crashPage, len(all))]
	if len(page) < len(all) {
		last := page[len(page)-1].version
		w.Header().Set("Link", fmt.Sprintf(`<?since=%d&after=%d>; rel="next"`, since, last))
		maps.DeleteFunc(changed, func(_ string, item crashItem) bool { return item.version > last })
	}
	listing := newCrashListing(changed)
	if a.show(w, page) {
		a.end(listing)
	}
}

// newest answers with the items that changed last, and says that there are more.
func (a *crashAPI) newest(w http.ResponseWriter, _ *http.Request) {
	here := a.here()
	all := slices.SortedFunc(maps.Values(here), byVersion)
	page := all[max(0, len(all)-crashPage):]
	if len(page) < len(all) {
		w.Header().Set("Link", `<?more>; rel="next"`)
	}
	maps.DeleteFunc(here, func(_ string, item crashItem) bool { return item.version < page[0].version })
	listing := newCrashListing(here)
	if a.show(w, page) {
		a.end(listing)
	}
}
