package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// A capturedWebhook is a request of a real run, with a scheme by which it is signed and a key with which it must
// verify, or with the scheme "cloudevents" for one that must be a CloudEvent.
type capturedWebhook struct {
	Scheme  string            `json:"scheme"`
	Key     string            `json:"key"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`

	path string
}

func (w capturedWebhook) header() http.Header {
	header := http.Header{}
	for name, value := range w.Headers {
		header.Set(name, value)
	}
	return header
}

// A capturedRun has each request as often as it is signed.
type capturedRun []capturedWebhook

func (r capturedRun) count(scheme string) (count int) {
	for _, w := range r {
		if w.Scheme == scheme {
			count++
		}
	}
	return count
}

// verdict is what a program says of a library that does as it should.
func (r capturedRun) verdict(library, scheme string) string {
	return fmt.Sprintf("%s: %d accepted, %[2]d tampered and %[2]d foreign refused\n", library, r.count(scheme))
}

// What the API of the run lists, before and after all of it changed, with text from many corners of Unicode.
const (
	verifyBefore = `[{"id":"a/ä","name":"Zoë","n":1},{"id":"雪","name":"\u0041\t\"quoted\" \\ \/ \u2028 <&>","n":9007199254740993}]`
	verifyAfter  = `[{"id":"a/ä","name":"👩‍👩‍👧 ÷ ﷽","n":2},{"id":"𝒳","name":"\ud83d\ude00 \u0000","n":1e3}]`
)

// Each of the nine events of the run goes to each of the sinks.
const (
	captureEvents = 9
	captureSinks  = 6
)

// captureRun runs a daemon over a listing that changes, and returns all that its sinks sent: one that has a secret,
// one that is in the middle of a rotation and must verify with either, one that signs in every way, of which each
// first attempt fails, and those of the other formats. Two event blocks match each of its five changes, but for the
// delete, which only one does.
func captureRun(t *testing.T) (all capturedRun) {
	captured := make(chan capturedWebhook, 1000)
	receiver := liveServe(t, captureSecond("/every", captured, t))
	var changed atomic.Bool
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := verifyBefore
		if changed.Load() {
			body = verifyAfter
		}
		_, _ = io.WriteString(w, body)
	})
	config, keys := captureConfig(api, receiver)
	l := newLive(t, config)
	l.mustStart()
	l.poll("orders")
	changed.Store(true)
	l.poll("orders")
	for range captureSinks * captureEvents {
		w := liveNext(t, captured, "a webhook")
		w.URL = receiver + w.URL
		for _, w.Scheme = range []string{"standard", "ed25519", "github", "stripe", "http_message", "cloudevents"} {
			for _, w.Key = range keys[w.path][w.Scheme] {
				all = append(all, w)
			}
		}
	}
	l.stop()
	return all
}

// captureSecond captures what comes, but for the first attempt of each event to a path, which fails.
func captureSecond(path string, captured chan<- capturedWebhook, t *testing.T) http.HandlerFunc {
	var mu sync.Mutex
	first := map[string]bool{}
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got := capture(t, r)
		if id := got.Headers["Webhook-Id"]; r.URL.Path == path && !first[id] {
			first[id] = true
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		captured <- got
	}
}

func capture(t *testing.T, r *http.Request) capturedWebhook {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	w := capturedWebhook{Method: r.Method, URL: r.RequestURI, Headers: map[string]string{}, Body: body, path: r.URL.Path}
	for name, values := range r.Header {
		if len(values) != 1 {
			t.Errorf("header %s stands in %d lines", name, len(values))
		}
		w.Headers[name] = values[0]
	}
	return w
}

// captureConfig returns the configuration of the run, and the keys with which it signs by path and scheme.
func captureConfig(api, receiver string) (config string, keys map[string]map[string][]string) {
	one, next, previous := signature.NewSecret(), signature.NewSecret(), signature.NewSecret()
	private, public := signature.NewKeyPair()
	older, olderPublic := signature.NewKeyPair()
	replacer := strings.NewReplacer(
		"API", api, "RECEIVER", receiver, "ONE", one, "NEXT", next, "PREVIOUS", previous, "PRIVATE", private, "OLDER", older)
	return replacer.Replace(captureText), map[string]map[string][]string{
		"/one":      {"standard": {one}},
		"/rotating": {"standard": {next, previous}},
		"/every": {
			"standard": {next, previous}, "ed25519": {public, olderPublic}, "github": {"It's a Secret to Everybody"},
			"stripe": {"whsec_of_stripe", "an older one"}, "http_message": {one},
		},
		"/private":    {"http_message": {public}},
		"/structured": {"standard": {one}, "cloudevents": {""}},
		"/binary":     {"standard": {one}, "github": {"It's a Secret to Everybody"}, "cloudevents": {""}},
	}
}

const captureText = `
source "http" "orders" {
  every   = "1h"
  url     = "API/"
  items   = body
  key     = item.id
  initial = "emit"
  sinks   = [sink.one, sink.rotating, sink.every, sink.private, sink.structured, sink.binary]

  event "order.changed" {}
  event "order.named" {
    when = change != "deleted"
    data = { text = "« ${after.name} » — ${key}", n = after.n, list = [after, null, true] }
  }
}
sink "webhook" "one" {
  url    = "RECEIVER/one"
  secret = "ONE"
}
sink "webhook" "rotating" {
  url = "RECEIVER/rotating"
  sign "standard" {
    secret   = "NEXT"
    previous = ["PREVIOUS"]
  }
}
sink "webhook" "every" {
  url = "RECEIVER/every?a=b%20c&d=%C3%A4"
  sign "http_message" {
    key_id = "k1"
    secret = "ONE"
  }
  sign "ed25519" {
    key      = "PRIVATE"
    previous = ["OLDER"]
  }
  sign "github" {
    secret = "It's a Secret to Everybody"
  }
  sign "stripe" {
    secret   = "whsec_of_stripe"
    previous = ["an older one"]
  }
  sign "standard" {
    secret   = "NEXT"
    previous = ["PREVIOUS"]
  }
  retry {
    schedule = ["100ms", "1s"]
  }
}
sink "webhook" "private" {
  url = "RECEIVER/private"
  sign "http_message" {
    key_id = "k1"
    key    = "PRIVATE"
  }
}
sink "webhook" "structured" {
  url    = "RECEIVER/structured"
  format = "cloudevents"
  secret = "ONE"
}
sink "webhook" "binary" {
  url    = "RECEIVER/binary"
  format = "cloudevents_binary"
  secret = "ONE"
  sign "github" {
    secret = "It's a Secret to Everybody"
  }
}
`
