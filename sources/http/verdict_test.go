package http_test

import (
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// S3: what will be answered the same again is told apart from what may pass.
func TestARefusalThatLastsIsMarkedAndOneThatPassesIsNot(t *testing.T) {
	for code, lasting := range map[int]bool{
		400: true, 401: true, 403: true, 404: true, 410: true, 422: true, 451: true,
		408: false, 425: false, 429: false, 500: false, 503: false, 304: false,
	} {
		in(t, func(w *world) {
			w.serve("api.test", flaky(code, "", 1000))
			p, _ := w.pollFor(time.Minute, plain)
			w.failed(p)
			if bridge.IsRefused(p.Err) != lasting {
				w.Errorf("status %d: refused is %t", code, !lasting)
			}
		})
	}
}

// S3: a 403 that says when to come back is a rate limit.
func TestARefusalWithATimeToComeBackIsNoneThatLasts(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", flaky(403, "120", 1000))
		p, _ := w.pollFor(time.Minute, plain)
		w.failed(p)
		if bridge.IsRefused(p.Err) || bridge.Wait(p.Err) != 2*time.Minute {
			w.Errorf("refused %t, wait %s", bridge.IsRefused(p.Err), bridge.Wait(p.Err))
		}
	})
}

// P10: what tells items apart is the key, however it is set out, and nothing else.
func TestTheIdentityOfASourceIsItsKey(t *testing.T) {
	in(t, func(w *world) {
		identity := func(config string) string { return w.build(config).(bridge.Identified).Identity() }
		const url = "url = \"http://api.test/\"\n"
		same := identity(url + "key = item.id")
		if same == "" || same != identity("url = \"http://other.test/\"\nitems = body.data\nkey =    item.id # the id") {
			w.Error("another url, list or layout is another identity")
		}
		if same == identity(url+"key = item.uuid") || same == identity(url+`key = "${item.id}/x"`) {
			w.Error("another key is the same identity")
		}
	})
}
