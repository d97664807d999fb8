package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// D13: an event that was queued before a rotation, and is sent after it, verifies with either secret, and bears
// the id and the bytes that it had.
func TestAnEventQueuedBeforeARotationVerifiesWithEitherSecretAfterIt(t *testing.T) {
	var tried, rotated atomic.Bool
	captured := make(chan capturedWebhook, 2)
	receiver := liveServe(t, func(w http.ResponseWriter, r *http.Request) {
		got := capture(t, r)
		if rotated.Load() {
			captured <- got
			return
		}
		if tried.CompareAndSwap(false, true) {
			captured <- got
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"id":1,"name":"Zoë 👩‍👩‍👧 <&>"}]`)
	})
	older, newer := newRotation(t), newRotation(t)
	l := newLive(t, older.config(api, receiver, nil))
	l.mustStart()
	l.poll("orders")
	before := liveNext(t, captured, "an attempt before the rotation")
	l.reconfigure(newer.config(api, receiver, &older))
	rotated.Store(true)
	after := liveNext(t, captured, "an attempt after the rotation")
	l.stop()

	if before.Headers["Webhook-Id"] != after.Headers["Webhook-Id"] || string(before.Body) != string(after.Body) {
		t.Errorf("the id or the bytes changed:\n%s %s\n%s %s",
			before.Headers["Webhook-Id"], before.Body, after.Headers["Webhook-Id"], after.Body)
	}
	for _, tc := range []struct {
		name     string
		webhook  capturedWebhook
		verifier rotation
		verifies bool
	}{
		{"before, old", before, older, true},
		{"before, new", before, newer, false},
		{"after, old", after, older, true},
		{"after, new", after, newer, true},
	} {
		for _, verifier := range tc.verifier.verifiers {
			message := signature.Message{Header: tc.webhook.header(), Body: tc.webhook.Body}
			if err := verifier.Verify(message, time.Now()); (err == nil) != tc.verifies {
				t.Errorf("%s, %s: %v", tc.name, verifier.Scheme(), err)
			}
		}
	}
	if parts := strings.Split(after.Headers["Webhook-Signature"], " "); len(parts) != 4 {
		t.Errorf("the line is %q", after.Headers["Webhook-Signature"])
	}
}

// A rotation is what one side of it signs with, and what verifies that.
type rotation struct {
	secret, private, text string
	verifiers             []signature.Verifier
}

func newRotation(t *testing.T) rotation {
	t.Helper()
	private, public := signature.NewKeyPair()
	r := rotation{secret: signature.NewSecret(), private: private, text: signature.NewSecret()}
	key, err := signature.ParseSecret(r.secret)
	if err != nil {
		t.Fatal(err)
	}
	open, err := signature.ParsePublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signature.ParseText(r.text)
	if err != nil {
		t.Fatal(err)
	}
	r.verifiers = []signature.Verifier{signature.Standard{key}, signature.Ed25519Public{open}, signature.Stripe{text}}
	return r
}

// config signs with one side of a rotation, and with the other one besides if there is one.
func (r rotation) config(api, receiver string, previous *rotation) string {
	var secret, private, text string
	if previous != nil {
		secret, private, text = strconv.Quote(previous.secret), strconv.Quote(previous.private), strconv.Quote(previous.text)
	}
	return fmt.Sprintf(rotationConfig, api, receiver, r.secret, secret, r.private, private, r.text, text)
}

// reconfigure gives the running daemon another configuration, and returns when that is in force.
func (l *live) reconfigure(config string) {
	l.Helper()
	config = fmt.Sprintf("state {\n  path = %q\n}\n%s", l.state(), config)
	if err := os.WriteFile(l.config(), []byte(config), 0o600); err != nil {
		l.Fatal(err)
	}
	if err := l.process.Process.Signal(syscall.SIGHUP); err != nil {
		l.Fatal(err)
	}
	if !scriptWithin(liveWait, func() bool { return strings.Contains(l.log.tail(1000), `"msg":"reloaded"`) }) {
		l.Fatalf("the daemon did not reload:\n%s", l.log.tail(10))
	}
}

const rotationConfig = `
source "http" "orders" {
  every   = "1h"
  url     = "%s/"
  items   = body
  key     = item.id
  initial = "emit"
  sinks   = [sink.app]
}
sink "webhook" "app" {
  url = "%s/"
  sign "standard" {
    secret   = %q
    previous = [%s]
  }
  sign "ed25519" {
    key      = %q
    previous = [%s]
  }
  sign "stripe" {
    secret   = %q
    previous = [%s]
  }
  retry {
    schedule = ["100ms", "200ms", "400ms", "800ms", "1s", "2s", "4s", "8s", "8s"]
  }
}
`
