package receiver

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// app is what requests are passed on to.
func app(t *testing.T, handler http.HandlerFunc) *url.URL {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u, err := ParseForward(server.URL + "/app?own=1")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The app gets the bytes and headers as they came, taken or not, but for those of the connection.
func TestARequestIsPassedOnAsItCameAndTheAnswerComesBack(t *testing.T) {
	var got *http.Request
	var body []byte
	target := app(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Keep-Alive", "timeout=5")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "later, please")
	})
	for name, schemes := range map[string][]string{"taken": {"standard", "github"}, "refused": nil} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r := New(Options{Out: &out, Keys: keysOf(t, secret+"\n"+text), Forward: target})
			sent := request(t, "evt_1", updated+" ", schemes...)
			for name, value := range map[string]string{
				"Connection": "keep-alive, X-Hop", "X-Hop": "1", "Keep-Alive": "1", "Te": "trailers", "Proxy-Authorization": "x",
				"Upgrade": "h2c", "X-Multi": "a", "Authorization": "Bearer mine",
			} {
				sent.Header.Set(name, value)
			}
			sent.Header.Add("X-Multi", "b")
			status, said, header := take(r, sent)
			if status != 429 || said != "later, please" || header.Get("Retry-After") != "7" || header.Get("Keep-Alive") != "" {
				t.Errorf("answered %d %q %v", status, said, header)
			}
			if string(body) != updated+" " || got.Method != http.MethodPost || got.RequestURI != "/app?own=1" || got.Host != target.Host {
				t.Errorf("the app got %s %s %s %s", got.Method, got.Host, got.RequestURI, body)
			}
			for _, name := range []string{"X-Hop", "Keep-Alive", "Te", "Proxy-Authorization", "Upgrade", "Connection", "User-Agent", "Accept-Encoding"} {
				if values := got.Header.Values(name); len(values) > 0 {
					t.Errorf("%s is passed on: %q", name, values)
				}
			}
			for _, name := range []string{"Webhook-Id", "Webhook-Signature", "X-Hub-Signature-256", "X-Multi", "Authorization", "Content-Type"} {
				if strings.Join(got.Header.Values(name), "|") != strings.Join(sent.Header.Values(name), "|") {
					t.Errorf("%s is %q, not %q", name, got.Header.Values(name), sent.Header.Values(name))
				}
			}
			if got.Header.Get("X-Forwarded-Host") != "receiver.example" || got.Header.Get("X-Forwarded-Proto") != "http" {
				t.Errorf("it came to %v", got.Header)
			}
			if !strings.Contains(out.String(), ", forwarded: 429 in ") || strings.Contains(out.String(), "REFUSED") != (name == "refused") {
				t.Errorf("printed %s", out.String())
			}
		})
	}
}

func TestARedirectOfTheAppIsItsAnswer(t *testing.T) {
	asked := 0
	target := app(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	r := New(Options{Out: &bytes.Buffer{}, Forward: target})
	if status, _, header := take(r, request(t, "evt_1", updated)); status != 307 || header.Get("Location") != "/elsewhere" || asked != 1 {
		t.Errorf("answered %d %v after %d requests", status, header, asked)
	}
}

func TestAForwardThatFailsIsABadGatewayAndSaysSo(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	gone, err := ParseForward(closed.URL)
	if err != nil {
		t.Fatal(err)
	}
	for want, target := range map[string]*url.URL{
		"connection refused": gone,
		"EOF":                app(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		"more than 1048576 bytes": app(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, maxAnswer+1))
		}),
	} {
		var out bytes.Buffer
		r := New(Options{Out: &out, Forward: target})
		status, said, _ := take(r, request(t, "evt_1", updated))
		if status != 502 || !strings.Contains(said, want) || !strings.Contains(out.String(), "not forwarded: ") || !strings.Contains(out.String(), want) {
			t.Errorf("%s: answered %d %s, printed %s", want, status, said, out.String())
		}
	}
	for _, text := range []string{"", "3000", "127.0.0.1:3000", "/hook", "ftp://127.0.0.1/"} {
		if _, err := ParseForward(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
