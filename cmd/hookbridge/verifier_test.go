package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// verifyDir holds the verifiers that are written for Node.
const verifyDir = "testdata/verify"

// A capturedWebhook is a request of a real run, and a secret with which it must verify.
type capturedWebhook struct {
	Path    string            `json:"path"`
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

// What the API of the run lists, before and after all of it changed, with text from many corners of Unicode.
const (
	verifyBefore = `[{"id":"a/ä","name":"Zoë","n":1},{"id":"雪","name":"\u0041\t\"quoted\" \\ \/ \u2028 <&>","n":9007199254740993}]`
	verifyAfter  = `[{"id":"a/ä","name":"👩‍👩‍👧 ÷ ﷽","n":2},{"id":"𝒳","name":"\ud83d\ude00 \u0000","n":1e3}]`
)

// D2, D13, D14, D22
func TestThePublishedGoLibraryAcceptsWhatARealRunSends(t *testing.T) {
	for _, w := range captureRun(t) {
		header := http.Header{}
		for name, value := range w.Headers {
			header.Set(name, value)
		}
		verifier, err := standardwebhooks.NewWebhook(w.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(w.Body, header); err != nil {
			t.Errorf("%s: %v: %s", w.Path, err, w.Body)
		}
		if verifier.Verify(append(w.Body[:len(w.Body):len(w.Body)], ' '), header) == nil {
			t.Errorf("%s: a tampered body was accepted: %s", w.Path, w.Body)
		}
	}
}

// D2, D13, D14, D22
func TestThePublishedNodeLibrariesAcceptWhatARealRunSends(t *testing.T) {
	needs(t, "node")
	needsModules(t)
	all := captureRun(t)
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "captured.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var said, mistakes bytes.Buffer
	node := exec.Command("node", filepath.Join(verifyDir, "verify.mjs"), file)
	node.Stdout, node.Stderr = &said, &mistakes
	if err := node.Run(); err != nil {
		t.Fatalf("%v: %s", err, mistakes.Bytes())
	}
	verdict := fmt.Sprintf(": %d accepted, %[1]d tampered and %[1]d foreign refused\n", len(all))
	want := "standardwebhooks 1.1.1" + verdict + "svix 2.5.0" + verdict
	if said.String() != want {
		t.Errorf("of %d captured webhooks the libraries say\n%swant\n%s", len(all), said.String(), want)
	}
}

// needsModules skips the test where `npm ci` was not run.
func needsModules(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(verifyDir, "node_modules")); err != nil {
		lacks(t, "run npm ci in cmd/hookbridge/"+verifyDir)
	}
}

// captureRun runs a daemon over a listing that changes, and returns all that its two sinks sent: one that has a
// secret, and one that is in the middle of a rotation and must verify with either. Two event blocks match each
// of its five changes, but for the delete, which only one does.
func captureRun(t *testing.T) (all []capturedWebhook) {
	secret, next, previous := signature.NewSecret(), signature.NewSecret(), signature.NewSecret()
	captured := make(chan capturedWebhook, 100)
	receiver := liveServe(t, func(_ http.ResponseWriter, r *http.Request) { captured <- capture(t, r) })
	var changed atomic.Bool
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := verifyBefore
		if changed.Load() {
			body = verifyAfter
		}
		_, _ = io.WriteString(w, body)
	})
	l := newLive(t, fmt.Sprintf(verifyConfig, api, receiver, secret, receiver, next, previous))
	l.mustStart()
	l.poll("orders")
	changed.Store(true)
	l.poll("orders")
	secrets := map[string][]string{"/one": {secret}, "/rotating": {next, previous}}
	for range 2 * 9 {
		w := liveNext(t, captured, "a webhook")
		for _, w.Secret = range secrets[w.Path] {
			all = append(all, w)
		}
	}
	l.stop()
	return all
}

const verifyConfig = `
source "http" "orders" {
  every   = "1h"
  url     = "%s/"
  items   = body
  key     = item.id
  initial = "emit"
  sinks   = [sink.one, sink.rotating]

  event "order.changed" {}
  event "order.named" {
    when = change != "deleted"
    data = { text = "« ${after.name} » — ${key}", n = after.n, list = [after, null, true] }
  }
}
sink "webhook" "one" {
  url    = "%s/one"
  secret = %q
}
sink "webhook" "rotating" {
  url = "%s/rotating"
  sign "standard" {
    secret   = %q
    previous = [%q]
  }
}
`

func capture(t *testing.T, r *http.Request) capturedWebhook {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	w := capturedWebhook{Path: r.URL.Path, Headers: map[string]string{}, Body: body}
	for name, values := range r.Header {
		if len(values) != 1 {
			t.Errorf("header %s stands in %d lines", name, len(values))
		}
		w.Headers[name] = values[0]
	}
	return w
}
