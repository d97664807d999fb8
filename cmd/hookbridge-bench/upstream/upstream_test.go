package upstream

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
)

// serve serves one collection, and returns it with the journal that it writes.
func serve(t *testing.T, spec Spec) (*served, string, func() []Answer) {
	t.Helper()
	spec.Name, spec.Seed = "items", 1
	service := &Service{served: map[string]*served{}}
	one := newServed(spec, service.note)
	service.served[spec.Name] = one
	mux := http.NewServeMux()
	mux.Handle("GET /items", one)
	mux.Handle("GET /items/{part}", one)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return one, server.URL + "/items", func() (answers []Answer) {
		if err := service.Journal(struct{}{}, &answers); err != nil {
			t.Error(err)
		}
		return answers
	}
}

type listing struct {
	Generated int
	Items     []struct{ ID, Version, Views int }
}

func get(t *testing.T, url, tag string) (listing, *http.Response) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("If-None-Match", tag)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body listing
	if response.StatusCode == http.StatusOK {
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
	}
	return body, response
}

func TestPagesLinkToAllItems(t *testing.T) {
	_, url, journal := serve(t, Spec{Items: 25, Page: 10, Chunked: true})
	seen := map[int]bool{}
	for next := url; next != ""; {
		body, response := get(t, next, "")
		for _, item := range body.Items {
			seen[item.ID] = true
		}
		if next = response.Header.Get("Link"); next != "" {
			path, _, _ := strings.Cut(strings.TrimPrefix(next, "<"), ">")
			next = strings.TrimSuffix(url, "/items") + path
		}
		if response.ContentLength >= 0 {
			t.Error("an answer has a length")
		}
	}
	if len(seen) != 25 || len(journal()) != 3 {
		t.Errorf("%d items", len(seen))
	}
}

func TestAPartIsAnsweredWith304UntilItsOwnItemsChange(t *testing.T) {
	one, url, journal := serve(t, Spec{Items: 40, Parts: 4, ETag: true})
	first, response := get(t, url+"/1", "")
	tag := response.Header.Get("ETag")
	if len(first.Items) != 10 || first.Items[0].ID != 10 || tag == "" {
		t.Fatalf("%+v, %q", first, tag)
	}
	one.changed([]collection.Change{one.items.Update(39)})
	if _, response = get(t, url+"/1", tag); response.StatusCode != http.StatusNotModified {
		t.Errorf("when another part changed: %s", response.Status)
	}
	one.changed([]collection.Change{one.items.Update(15)})
	if body, response := get(t, url+"/1", tag); response.StatusCode != http.StatusOK || body.Items[5].Version != 1 {
		t.Errorf("when it changed: %s, %+v", response.Status, body)
	}
	statuses := []int{}
	for _, a := range journal() {
		statuses = append(statuses, a.Status)
	}
	if len(statuses) != 3 || statuses[1] != http.StatusNotModified {
		t.Errorf("the journal has %v", statuses)
	}
}

func TestEachAnswerDiffersInWhatIsVolatileAndInNothingElse(t *testing.T) {
	_, url, _ := serve(t, Spec{Items: 3, Volatile: true})
	first, _ := get(t, url, "")
	second, _ := get(t, url, "")
	if first.Items[2].Views+1 != second.Items[2].Views || first.Items[2].ID != second.Items[2].ID {
		t.Errorf("%+v and then %+v", first, second)
	}
	_, url, _ = serve(t, Spec{Items: 3, Outside: true})
	first, _ = get(t, url, "")
	second, _ = get(t, url, "")
	if first.Generated == second.Generated || first.Items[0] != second.Items[0] {
		t.Errorf("%+v and then %+v", first, second)
	}
}

func TestAnAnswerTakesItsLatency(t *testing.T) {
	_, url, journal := serve(t, Spec{Items: 3, Latency: 20 * time.Millisecond})
	get(t, url, "")
	if a := journal()[0]; a.Ended.Sub(a.Began) < 20*time.Millisecond || a.Bytes == 0 {
		t.Errorf("%+v", a)
	}
}
