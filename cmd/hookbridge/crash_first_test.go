package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// crashFirst is the size of a first listing that takes many commits.
const crashFirst = 5000

// P1, P9, R1: a first listing that is sent is committed in chunks. Killed between them, the daemon goes on
// where it was: each item is created once, under one id.
func TestKilledInItsFirstListingEveryItemIsCreatedOnce(t *testing.T) {
	seed, secret := crashSeed(t), signature.NewSecret()
	random := rand.New(rand.NewPCG(seed, 1))
	listed, sent := make(chan struct{}, 1), make(chan struct{}, 1)
	receiver := newCrashReceiver(t, secret, seed, func(crashAttempt) { crashSignal(sent) })
	receiver.soothe()
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(crashMany())
		crashSignal(listed)
	})
	l := newLive(t, crashSink(liveServe(t, receiver.ServeHTTP), secret)+crashSource("many", api))
	l.start("LIFE=1")
	liveNext(t, sent, "the first event")
	l.kill()
	for life := 2; life <= 4; life++ {
		l.mustStart("LIFE=" + strconv.Itoa(life))
		polling := l.pollAside("many")
		liveNext(t, listed, "a listing")
		<-time.After(time.Duration(random.IntN(200_000)) * time.Microsecond)
		l.kill()
		<-polling
	}
	l.mustStart("LIFE=5")
	l.poll("many")
	l.untilSent()
	l.stop()
	checkFirst(t, receiver.record())
}

// pollAside polls while the test goes on. How that ends is not looked at: the daemon may be gone by then.
func (l *live) pollAside(source string) (ended <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = l.client().Poll(l.Context(), source)
	}()
	return done
}

func crashMany() []byte {
	var text strings.Builder
	filler := strings.Repeat("x", 1500)
	for n := range crashFirst {
		_, _ = fmt.Fprintf(&text, `,{"id":"k%d","filler":%q}`, n, filler)
	}
	return []byte(`{"items":[` + text.String()[1:] + `]}`)
}

func checkFirst(t *testing.T, attempts []crashAttempt) {
	check := newCrashCheck(t, attempts)
	keys, times := map[string]bool{}, map[string]bool{}
	for _, e := range check.events {
		if keys[e.Data.Key] || e.Data.Change != "created" || e.Data.Revision != 1 || !e.Data.Snapshot {
			t.Errorf("event %s: %s of %s, revision %d", e.id, e.Data.Change, e.Data.Key, e.Data.Revision)
		}
		keys[e.Data.Key], times[e.Timestamp] = true, true
	}
	if len(keys) != crashFirst {
		t.Errorf("%d items were created, not %d", len(keys), crashFirst)
	}
	if len(times) < 2 {
		t.Error("no kill came between two commits of the listing")
	}
	check.duplicates()
	t.Logf("the listing was committed by %d polls: %d events, %d duplicates", len(times), len(check.events), check.again)
}
