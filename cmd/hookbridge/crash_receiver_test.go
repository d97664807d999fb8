package main

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// A crashReceiver takes webhooks as badly as receivers do. It keeps a record of every request that it read.
type crashReceiver struct {
	testing.TB
	crashSink
	verifier *standardwebhooks.Webhook
	arrived  func()

	mu       sync.Mutex
	random   *rand.Rand
	calm     bool // takes everything from now on, but what is poison
	down     bool // answers nobody
	pardoned bool // takes what is poison, too
	attempts []crashAttempt
	batches  map[string][sha256.Size]byte // bodies, by the id under which they came
	hung     int
	gone     int // times that it asked for no more
	resumed  int // times that an operator let the sink go on
}

// A crashAttempt is one request, in the order of arrival.
type crashAttempt struct {
	id     string
	life   int // of the process that sent it
	body   [sha256.Size]byte
	text   []byte // the body, if it is not long
	before string // mark
	after  string
	taken  bool
	lost   bool // it was taken, and not answered
	status int  // of the answer, where there was one and it was not taken
	anew   bool // the first that a restored daemon sent
	crashEvent
}

// A crashEvent is what the body says, but for how the item stood.
type crashEvent struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      struct {
		Source   string `json:"source"`
		Key      string `json:"key"`
		Change   string `json:"change"`
		Revision uint64 `json:"revision"`
		Snapshot bool   `json:"snapshot"`
	} `json:"data"`
}

func newCrashReceiver(t testing.TB, sink crashSink, secret string, seed uint64, arrived func()) *crashReceiver {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &crashReceiver{
		TB: t, crashSink: sink, verifier: verifier, arrived: arrived, batches: map[string][sha256.Size]byte{},
		random: rand.New(rand.NewPCG(seed, uint64(len(sink.name)))),
	}
}

func (c *crashReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || c.isDown() {
		panic(http.ErrAbortHandler) // its sender was killed, or nobody is there
	}
	id := r.Header.Get("Webhook-Id")
	if err := c.verifier.Verify(body, r.Header); err != nil {
		c.Errorf("event %s: %v", id, err)
	}
	attempts := c.read(id, body)
	for i := range attempts {
		attempts[i].life, _ = strconv.Atoi(r.Header.Get("X-Life"))
	}
	fate, number := c.take(id, body, attempts)
	c.arrived()
	c.reply(w, r, fate)
	if r.Context().Err() != nil {
		c.missed(number, len(attempts))
	}
}

// read returns the events of a request: one, or those of a batch.
func (c *crashReceiver) read(id string, body []byte) (all []crashAttempt) {
	if c.batch == 0 {
		return []crashAttempt{newCrashAttempt(c, id, body)}
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil || len(elements) == 0 || len(elements) > c.batch {
		c.Errorf("batch %s has %d events: %v", id, len(elements), err)
	}
	for _, element := range elements {
		var event struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(element, &event); err != nil {
			c.Errorf("batch %s: %v", id, err)
		}
		all = append(all, newCrashAttempt(c, event.ID, element))
	}
	return all
}

// missed notes that nobody waited for an answer any more.
func (c *crashReceiver) missed(number, count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range count {
		c.attempts[number+i].lost = c.attempts[number+i].taken
	}
}

// newCrashAttempt reads what arrived.
func newCrashAttempt(t testing.TB, id string, body []byte) crashAttempt {
	a := crashAttempt{id: id, body: sha256.Sum256(body)}
	var change struct {
		Data struct{ Before, After json.RawMessage }
	}
	if err := json.Unmarshal(body, &a.crashEvent); err != nil {
		t.Errorf("event %s: %v", id, err)
	}
	if err := json.Unmarshal(body, &change); err != nil {
		t.Errorf("event %s: %v", id, err)
	}
	a.before, a.after = crashMarkOf(change.Data.Before), crashMarkOf(change.Data.After)
	if len(body) < 2000 {
		a.text = body
	}
	return a
}

// crashMarkOf is the mark of an item as an event bears it.
func crashMarkOf(raw []byte) string {
	if string(raw) == "null" {
		return ""
	}
	return crashMark(raw)
}

// take decides over a request and records its events, from a number on. Under one id come the same bytes, always.
func (c *crashReceiver) take(id string, body []byte, events []crashAttempt) (fate crashFate, number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := sha256.Sum256(body)
	if known, again := c.batches[id]; again && known != sum {
		c.Errorf("%s: under the id %s came two bodies", c.name, id)
	}
	c.batches[id] = sum
	switch {
	case c.poison > 0 && int(sha256.Sum256([]byte(id))[0])%c.poison == 0:
		fate = crashPoison
		if c.pardoned {
			fate = crashTaken
		}
	case !c.calm:
		fate = c.fates.draw(c.random)
	}
	for i := range events {
		a := &events[i]
		a.taken = fate == crashTaken || fate == crashSlow || fate == crashCut || fate == crashMute
		a.lost = fate == crashCut || fate == crashMute
		a.status = map[crashFate]int{crashRefused: 500, crashPoison: 422, crashBusy: 429, crashGone: 410}[fate]
	}
	if fate == crashGone {
		c.gone++
	}
	if fate == crashMute || fate == crashHung {
		c.hung++
	}
	c.attempts = append(c.attempts, events...)
	return fate, len(c.attempts) - len(events)
}

func (c *crashReceiver) reply(w http.ResponseWriter, r *http.Request, fate crashFate) {
	switch fate {
	case crashSlow:
		<-time.After(20 * time.Millisecond)
	case crashRefused:
		w.WriteHeader(http.StatusInternalServerError)
	case crashPoison:
		w.WriteHeader(http.StatusUnprocessableEntity)
	case crashBusy:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case crashGone:
		w.WriteHeader(http.StatusGone)
	case crashHung, crashMute:
		<-r.Context().Done() // until nobody waits any more
		panic(http.ErrAbortHandler)
	case crashCut:
		panic(http.ErrAbortHandler) // the connection is cut
	}
}

func (c *crashReceiver) isDown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down
}

func (c *crashReceiver) set(down, calm, pardoned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.calm, c.pardoned = down, calm, pardoned
}

// askAgain notes that an operator let a disabled sink go on, or that it could not be done.
func (c *crashReceiver) askAgain(_ string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.resumed++
	}
}

// record returns what has arrived so far.
func (c *crashReceiver) record() []crashAttempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.attempts)
}
