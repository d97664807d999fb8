package admin

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// FuzzRequests shows R6 for the operator's API: whatever is asked, the answer is JSON, and a request that makes no
// sense is refused, not an error of the daemon.
func FuzzRequests(f *testing.F) {
	for _, seed := range []struct{ path, query, body string }{
		{"/v1/status", "", ""},
		{"/v1/sources/issues", "", ""},
		{"/v1/sources/issues/poll", "", "{}"},
		{"/v1/sources/%2e%2e/plan", "", "{}"},
		{"/v1/sinks/crm/resume", "", "null"},
		{"/v1/events", "since=2026-11-23T08:43:24Z&state=dead&sink=crm&limit=1000", ""},
		{"/v1/events", "limit=99999999999999999999&limit=1&%zz", ""},
		{"/v1/events/evt_1", "", ""},
		{"/v1/events/replay", "", `{"sink":"crm","since":"2026-11-23T08:43:24Z","from_sink":"chat"}`},
		{"/v1/events/replay", "", `{"sink":"crm","ids":["evt_1","evt_2","evt_1"],"all":true}`},
		{"/v1/deadletters/retry", "", `{"id":"evt_1","sink":"crm"}`},
		{"/v1/deadletters/drop", "", `{"all":true,"ALL":1,"all":false}`},
		{"/v1/reload", "", ""},
	} {
		f.Add(seed.body != "", seed.path, seed.query, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, post bool, path, query string, body []byte) {
		request := fuzzRequest(post, path, query, body)
		if request == nil {
			return
		}
		answer := httptest.NewRecorder()
		New(fuzzBridge(), setting.NewSecret(token), slog.New(slog.DiscardHandler)).ServeHTTP(answer, request)
		if answer.Code >= 500 || answer.Code < 200 {
			t.Errorf("%s %s: status %d: %s", request.Method, request.URL, answer.Code, answer.Body)
		}
		if redirect := answer.Code >= 300 && answer.Code < 400; !redirect && path != "/metrics" && !json.Valid(answer.Body.Bytes()) {
			t.Errorf("%s %s: status %d, and the answer is no JSON: %s", request.Method, request.URL, answer.Code, answer.Body)
		}
	})
}

// fuzzRequest returns a request as an operator's client would send it, nil for a path that no client can send.
func fuzzRequest(post bool, path, query string, body []byte) *http.Request {
	target, err := url.ParseRequestURI(path)
	if err != nil || !strings.HasPrefix(path, "/") || target.Host != "" {
		return nil
	}
	target.RawQuery = query
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	if post {
		request = httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
	}
	request.URL, request.Host = target, "localhost"
	request.Header.Set("Authorization", "Bearer "+token)
	return request
}

// fuzzBridge has an event with a delivery in each state.
func fuzzBridge() *fake {
	b := newFake()
	b.onPlan = func(string, func(bridge.Exchange)) (poll.Plan, error) { return poll.Plan{}, nil }
	b.add(bridge.Event{ID: "evt_1", Type: "issues.updated", Time: past, Source: "issues", Key: "1"}, map[string]store.State{
		"crm": store.Buried, "chat": store.Done, "old": store.Pending,
	})
	return b
}
