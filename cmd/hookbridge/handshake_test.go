package main

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// D14: the receiver of CloudEvents' own SDK agrees to get events from one origin only, and reads what a real run
// sends it after that.
func TestTheReceiverOfTheCloudEventsSDKShakesHandsWithARealRun(t *testing.T) {
	program := buildVerifiers(t)
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"id":"a","name":"Zoë 雪 <&>"},{"id":"b"}]`)
	})
	for _, format := range []string{"cloudevents", "cloudevents_binary"} {
		t.Run(format, func(t *testing.T) {
			said := startReceiver(t, exec.Command(program, "receive", "bridge.example.com"))
			url := liveNext(t, said, "the receiver's address")
			l := newLive(t, fmt.Sprintf(handshakeConfig, api, url, format, url))
			l.mustStart()
			l.poll("orders")
			for range 2 {
				line := liveNext(t, said, "an event")
				for strings.HasPrefix(line, "{") { // the SDK logs each question
					line = liveNext(t, said, "an event")
				}
				if !strings.HasPrefix(line, "orders.created https://b.example/orders evt_") || !strings.HasSuffix(line, " <nil>") {
					t.Errorf("the receiver got %s", line)
				}
			}
			if !scriptWithin(scriptWait, func() bool { return strings.Contains(l.log.tail(20), `"sink":"stranger"`) }) {
				t.Error("the log does not say that the stranger was refused")
			}
			if log := l.log.tail(20); !strings.Contains(log, "ask for permission: status 400 without WebHook-Allowed-Origin") ||
				!strings.Contains(log, `"class":"handshake"`) || strings.Contains(log, `"sink":"agreed"`) {
				t.Errorf("the log says\n%s", log)
			}
			l.stop()
		})
	}
}

const handshakeConfig = `
source "http" "orders" {
  every   = "1h"
  url     = "%s/"
  items   = body
  key     = item.id
  initial = "emit"
  sinks   = [sink.agreed, sink.stranger]
}
sink "webhook" "agreed" {
  url       = %q
  unsigned  = true
  format    = %q
  ce_source = "https://b.example"
  handshake {
    origin = "bridge.example.com"
    rate   = "100/s"
  }
}
sink "webhook" "stranger" {
  url      = %q
  unsigned = true
  handshake {
    origin = "stranger.example.com"
  }
}
`
