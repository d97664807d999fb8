package admin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

func tokenOf(text string) setting.Secret { return setting.NewSecret(text) }

func apiWith(token string) http.Handler {
	return New(newFake(), tokenOf(token), slog.New(slog.DiscardHandler))
}

// answer returns the status and the body of a request made by hand, whose Host is an address.
func answer(api http.Handler, method, path string, body io.Reader, set func(*http.Request)) (int, string) {
	r := httptest.NewRequest(method, path, body)
	r.Host = "127.0.0.1:7676"
	if set != nil {
		set(r)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestATokenIsNeededForAllButTheProbes(t *testing.T) {
	guarded := apiWith(token)
	for _, r := range (&api{bridge: newFake()}).routes() {
		want := http.StatusUnauthorized
		if r.path == "/healthz" || r.path == "/readyz" {
			want = http.StatusOK
		}
		path := strings.NewReplacer("{source}", "issues", "{id}", "evt_1").Replace(r.path)
		if status, _ := answer(guarded, r.method, path, nil, nil); status != want {
			t.Errorf("%s %s: status %d", r.method, path, status)
		}
	}
}

func TestOnlyTheTokenItselfOpensTheAPI(t *testing.T) {
	api := apiWith(token)
	for given, want := range map[string]int{
		"Bearer " + token: 200, "bearer " + token: 200,
		"": 401, "Bearer ": 401, "Bearer": 401, token: 401, "Basic " + token: 401,
		"Bearer " + token + "x": 401, "Bearer " + token[1:]: 401, "Bearer " + setting.Hidden: 401,
	} {
		status, body := answer(api, "GET", "/v1/status", nil, header("Authorization", given))
		if status != want || strings.Contains(body, token) {
			t.Errorf("%q: status %d: %s", given, status, body)
		}
	}
	if status, _ := answer(apiWith(""), "GET", "/v1/status", nil, nil); status != 200 {
		t.Errorf("without a token: status %d", status)
	}
}

func TestAWrongTokenIsAnErrorThatShowsNoToken(t *testing.T) {
	w := newWorld(t)
	w.client.token = tokenOf("hunter2")
	_, err := w.client.Status(t.Context())
	if !errors.Is(err, ErrDenied) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestRequestsOfWebPagesAreRefused(t *testing.T) {
	for name, values := range map[string][]string{
		"Origin":         {"https://evil.example", "null", "http://127.0.0.1:7676"},
		"Sec-Fetch-Site": {"cross-site", "same-site", "same-origin"},
	} {
		for _, value := range values {
			if status, _ := answer(apiWith(""), "POST", "/v1/reload", nil, header(name, value)); status != 403 {
				t.Errorf("%s: %s: status %d", name, value, status)
			}
		}
	}
	if status, _ := answer(apiWith(""), "GET", "/v1/status", nil, header("Sec-Fetch-Site", "none")); status != 200 {
		t.Errorf("what a person typed into the address bar: status %d", status)
	}
}

// A page whose name was pointed at the loopback address would be of the API's own origin.
func TestAHostThatIsANameIsRefusedWhereItMayHaveBeenRebound(t *testing.T) {
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	other := &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3)}
	for _, test := range []struct {
		token, host string
		local       net.Addr
		want        int
	}{
		{"", "evil.example:7676", loopback, 403},
		{"", "127.0.0.1.evil.example", loopback, 403},
		{"", "", loopback, 403},
		{token, "evil.example", loopback, 403},
		{"", "evil.example", other, 403},
		{"", "127.0.0.1:7676", loopback, 200},
		{"", "[::1]:7676", loopback, 200},
		{"", "[::1]", loopback, 200},
		{"", "localhost", loopback, 200},
		{token, "bridge.internal:7676", other, 200},
		{"", "anything", &net.UnixAddr{}, 200},
	} {
		status, _ := answer(apiWith(test.token), "GET", "/v1/status", nil, func(r *http.Request) {
			r.Host = test.host
			r.Header.Set("Authorization", "Bearer "+test.token)
			*r = *r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, test.local))
		})
		if status != test.want {
			t.Errorf("%q to %s, token %t: status %d", test.host, test.local, test.token != "", status)
		}
	}
}

func TestABodyMustBeSmallStrictJSONThatSaysSo(t *testing.T) {
	const path = "/v1/deadletters/drop"
	for _, test := range []struct {
		media, body string
		want        int
	}{
		{"application/json", `{"all":true}`, 200},
		{"application/json; charset=utf-8", `{"all":true}`, 200},
		{"text/plain", `{"all":true}`, 415},
		{"application/x-www-form-urlencoded", "all=true", 415},
		{"", `{"all":true}`, 415},
		{"application/json", `{"all":true,"sinc":"2026-11-23T08:43:24Z"}`, 400},
		{"application/json", `{"all":true`, 400},
		{"application/json", `{"all":"yes"}`, 400},
		{"application/json", `{"since":"yesterday"}`, 400},
		{"application/json", `{"all":true}` + strings.Repeat(" ", maxBody), 413},
		{"application/json", "", 400}, // nothing says which
	} {
		status, body := answer(apiWith(""), "POST", path, strings.NewReader(test.body), header("Content-Type", test.media))
		if status != test.want || status != 200 && !strings.HasPrefix(body, `{"error":{"message":"`) {
			t.Errorf("%s %.50s: status %d: %s", test.media, test.body, status, body)
		}
	}
	if status, _ := answer(apiWith(""), "GET", "/v1/status", strings.NewReader("{}"), nil); status != 400 {
		t.Errorf("a GET with a body: status %d", status)
	}
	media := header("Content-Type", "application/json")
	if status, _ := answer(apiWith(""), "POST", "/v1/reload", strings.NewReader(`{"x":1}`), media); status != 400 {
		t.Errorf("a body where none is taken: status %d", status)
	}
}

func TestWhatIsNotThereIsAnsweredAsJSONToo(t *testing.T) {
	for _, path := range []string{"/", "/v1", "/v2/status", "/v1/sources/issues/explode"} {
		if status, body := answer(apiWith(""), "GET", path, nil, nil); status != 404 || !strings.HasPrefix(body, `{"error":`) {
			t.Errorf("%s: status %d: %s", path, status, body)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodDelete, "/v1/reload", nil)
	r.Host = "localhost"
	apiWith("").ServeHTTP(w, r)
	if w.Code != 405 || w.Header().Get("Allow") != "POST" || !strings.HasPrefix(w.Body.String(), `{"error":`) {
		t.Errorf("status %d, Allow %q: %s", w.Code, w.Header().Get("Allow"), w.Body)
	}
}

func TestNoAnswerIsKeptByACacheOrGuessedAt(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/v1/status", nil)
	r.Host = "localhost"
	apiWith("").ServeHTTP(w, r)
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %v", w.Header())
	}
}

func TestTextIsNotEscapedForHTML(t *testing.T) {
	f := newFake()
	f.statuses[1].Memory.Reason = "<html> & more"
	_, body := answer(New(f, tokenOf(""), slog.New(slog.DiscardHandler)), "GET", "/v1/sources", nil, nil)
	if !strings.Contains(body, `"<html> & more"`) {
		t.Errorf("got %s", body)
	}
}
