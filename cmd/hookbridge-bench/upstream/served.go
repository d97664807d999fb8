package upstream

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
)

// served is a collection and its bytes, which are prepared before anybody asks.
type served struct {
	note func(Answer)

	mu       sync.Mutex // held while an answer is written: it is of one moment
	spec     Spec
	items    *collection.Collection
	listing  collection.Listing
	versions []int // of each part, or of the whole
	answers  int
}

func newServed(spec Spec, note func(Answer)) *served {
	s := &served{note: note, spec: spec, items: collection.New(spec.Seed, spec.Items), versions: make([]int, max(spec.Parts, 1))}
	s.listing.Write(s.items)
	return s
}

// changed writes the listing anew. Items of a collection in parts only change where they stand.
func (s *served) changed(changes []collection.Change) {
	s.listing.Write(s.items)
	for _, change := range changes {
		s.versions[s.partOf(change.Position)]++
	}
}

func (s *served) partOf(position int) int {
	if s.spec.Parts == 0 {
		return 0
	}
	return min(position/s.partSize(), s.spec.Parts-1)
}

func (s *served) partSize() int { return s.spec.Items / s.spec.Parts }

func (s *served) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := measure.Now()
	if s.spec.Latency > 0 {
		<-time.After(s.spec.Latency)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to, version, err := s.asked(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	answer := Answer{Path: r.URL.Path, Began: began, Status: http.StatusOK}
	if s.unchanged(w, r, version) {
		answer.Status = http.StatusNotModified
		w.WriteHeader(answer.Status)
	} else {
		from, to = s.page(w, r, from, to)
		answer.Bytes = s.write(w, from, to)
	}
	answer.Ended = measure.Now()
	s.note(answer)
}

// asked returns the span of items that a request is for, and their version.
func (s *served) asked(r *http.Request) (from, to, version int, err error) {
	if s.spec.Parts == 0 {
		return 0, s.listing.Len(), s.versions[0], nil
	}
	part, err := strconv.Atoi(r.PathValue("part"))
	if err != nil || part < 0 || part >= s.spec.Parts {
		return 0, 0, 0, fmt.Errorf("there is no part %q", r.PathValue("part"))
	}
	size := s.partSize()
	return part * size, min((part+1)*size, s.listing.Len()), s.versions[part], nil
}

// unchanged sends the validator, and reports whether the request has it already.
func (s *served) unchanged(w http.ResponseWriter, r *http.Request, version int) bool {
	if !s.spec.ETag {
		return false
	}
	tag := fmt.Sprintf(`"v%d"`, version)
	w.Header().Set("ETag", tag)
	return r.Header.Get("If-None-Match") == tag
}

// page narrows a span to the page that is asked for, and links to the next one.
func (s *served) page(w http.ResponseWriter, r *http.Request, from, to int) (first, last int) {
	if s.spec.Page == 0 {
		return from, to
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	first = min(from+page*s.spec.Page, to)
	last = min(first+s.spec.Page, to)
	if last < to {
		w.Header().Set("Link", fmt.Sprintf(`<%s?page=%d>; rel="next"`, r.URL.Path, page+1))
	}
	return first, last
}

// write sends items, and returns when the kernel has them all.
func (s *served) write(w http.ResponseWriter, from, to int) (size int) {
	s.answers++
	if s.spec.Volatile {
		s.items.Views++
		s.listing.View(from, to, s.items.Views)
	}
	head, items := s.head(), s.listing.Part(from, to)
	const tail = "]}"
	size = len(head) + len(items) + len(tail)
	w.Header().Set("Content-Type", "application/json")
	if !s.spec.Chunked {
		w.Header().Set("Content-Length", strconv.Itoa(size))
	}
	for _, piece := range [][]byte{head, items, []byte(tail)} {
		if _, err := w.Write(piece); err != nil {
			return size
		}
	}
	_ = http.NewResponseController(w).Flush()
	return size
}

func (s *served) head() []byte {
	generated := 0
	if s.spec.Outside {
		generated = s.answers
	}
	return fmt.Appendf(nil, `{"generated":%d,"items":[`, generated)
}
