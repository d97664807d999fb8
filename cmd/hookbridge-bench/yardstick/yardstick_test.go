package yardstick

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, answer http.HandlerFunc) (*Service, string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return &Service{client: server.Client()}, server.URL
}

func TestAllItemsOfAllPagesAreSplit(t *testing.T) {
	s, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Link", `</2>; rel="next"`)
		}
		_, _ = io.WriteString(w, `{"generated":1,"items":[{"id":1,"in":{"a":[1]}},{"id":2}]}`)
	})
	items := 0
	if err := s.Split(Reading{URL: url + "/", Rounds: 3}, &items); err != nil || items != 12 {
		t.Errorf("%d items, %v", items, err)
	}
}

func TestABodyThatIsBrokenIsNoReading(t *testing.T) {
	for _, body := range []string{`{"items":[{"id":1},`, `{"items":[{"id":1 2}]}`, `{"items":[]`, ``} {
		s, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		items := 0
		if err := s.Split(Reading{URL: url, Rounds: 1}, &items); err == nil {
			t.Errorf("%q has %d items", body, items)
		}
	}
}

func TestTheBareLoopAsksForEachListAtItsIntervalAndSendsTheValidator(t *testing.T) {
	var full, unchanged atomic.Int64
	s, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			unchanged.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		full.Add(1)
	})
	requests := 0
	err := s.Ask(Round{URL: url, Lists: 10, Every: 100 * time.Millisecond, For: 450 * time.Millisecond}, &requests)
	if err != nil || full.Load() != 10 || requests < 40 || requests > 50 || int(full.Load()+unchanged.Load()) != requests {
		t.Errorf("%d requests, %d full and %d unchanged: %v", requests, full.Load(), unchanged.Load(), err)
	}
}

func TestAllRequestsArePostedAndNoMoreAtATimeThanAreAllowed(t *testing.T) {
	var now, most, count atomic.Int64
	s, url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		at := now.Add(1)
		defer now.Add(-1)
		for was := most.Load(); at > was && !most.CompareAndSwap(was, at); was = most.Load() {
		}
		if size, _ := io.Copy(io.Discard, r.Body); size == 500 {
			count.Add(1)
		}
	})
	if err := s.Post(Posting{URL: url, Count: 300, Size: 500, InFlight: 8}, nil); err != nil {
		t.Fatal(err)
	}
	if count.Load() != 300 || most.Load() > 8 {
		t.Errorf("%d requests, %d at a time", count.Load(), most.Load())
	}
}

func TestARequestThatFailsEndsThePosting(t *testing.T) {
	s, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	err := s.Post(Posting{URL: url, Count: 1000, Size: 10, InFlight: 4}, nil)
	if fmt.Sprint(err) != "post: unexpected status 418 I'm a teapot" {
		t.Error(err)
	}
}
