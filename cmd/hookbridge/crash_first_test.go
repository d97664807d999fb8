package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/crashpoint"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// crashFirst is the size of a first listing that takes many commits.
const crashFirst = 5000

// P1, P9, R1: a first listing that is sent is committed in chunks. Killed between them, the daemon goes on
// where it was: each item is created once, under one id.
func TestKilledInItsFirstListingEveryItemIsCreatedOnce(t *testing.T) {
	seed, secret := crashSeed(t), signature.NewSecret()
	random := rand.New(rand.NewPCG(seed, 1))
	sink := crashSink{name: "receiver", order: "key", attempts: 4}
	receiver := newCrashReceiver(t, sink, secret, seed, func() {})
	receiver.set(false, true, false)
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(crashMany())
	})
	source := crashShape{name: "many"}.config(api, "sink.receiver", 0)
	l := newLive(t, sink.config(liveServe(t, receiver.ServeHTTP), secret, 0)+source)
	l.command[0] = crashBinary(t)
	const lives = 4
	for life := range lives {
		l.start(fmt.Sprintf("LIFE=%d", life), fmt.Sprintf("HOOKBRIDGE_CRASH_AT=%s:%d", crashpoint.PollChunk, 1+random.IntN(6)))
		liveNext(t, crashEnded(l.ended), "the kill")
	}
	l.mustStart(fmt.Sprintf("LIFE=%d", lives))
	l.poll("many")
	l.untilSent()
	l.stop()
	checkFirst(t, newCrashCheck(t, sink, receiver.record()), lives)
}

// crashEnded makes something that ended something that came.
func crashEnded(ended <-chan struct{}) <-chan bool {
	came := make(chan bool, 1)
	go func() { <-ended; came <- true }()
	return came
}

func crashMany() []byte {
	var text strings.Builder
	filler := strings.Repeat("x", 1500)
	for n := range crashFirst {
		_, _ = fmt.Fprintf(&text, `,{"id":"k%d","filler":%q}`, n, filler)
	}
	return []byte(`{"items":[` + text.String()[1:] + `]}`)
}

func checkFirst(t *testing.T, check *crashCheck, kills int) {
	keys, times := map[string]bool{}, map[string]bool{}
	for _, e := range check.events {
		if keys[e.Data.Key] || e.Data.Change != "created" || e.Data.Revision != 1 || !e.Data.Snapshot {
			t.Errorf("event %s: %s of %s, revision %d", e.id, e.Data.Change, e.Data.Key, e.Data.Revision)
		}
		keys[e.Data.Key], times[e.Timestamp] = true, true
	}
	if len(keys) != crashFirst || len(times) != kills+1 {
		t.Errorf("%d items were created by %d polls, and not %d by %d", len(keys), len(times), crashFirst, kills+1)
	}
	check.duplicates(nil)
	t.Logf("the listing was committed by %d polls: %d events, %d duplicates", len(times), len(check.events), check.again)
}
