package main

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// A crashReceiver takes webhooks as badly as receivers do: it refuses some, it is slow, and it takes some
// without ever answering. It keeps a record of every request.
type crashReceiver struct {
	testing.TB
	verifier *standardwebhooks.Webhook
	arrived  func(crashAttempt)

	mu       sync.Mutex
	random   *rand.Rand
	calm     bool // takes everything from now on
	attempts []crashAttempt
}

// A crashAttempt is one request, in the order of arrival.
type crashAttempt struct {
	id    string
	life  int // of the process that sent it
	body  [sha256.Size]byte
	taken bool
	lost  bool // it was taken, and its answer cut off
	crashEvent
}

// A crashEvent is what the body says.
type crashEvent struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      struct {
		Source   string          `json:"source"`
		Key      string          `json:"key"`
		Change   string          `json:"change"`
		Revision uint64          `json:"revision"`
		Snapshot bool            `json:"snapshot"`
		Before   json.RawMessage `json:"before"`
		After    json.RawMessage `json:"after"`
	} `json:"data"`
}

func newCrashReceiver(t testing.TB, secret string, seed uint64, arrived func(crashAttempt)) *crashReceiver {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &crashReceiver{TB: t, verifier: verifier, arrived: arrived, random: rand.New(rand.NewPCG(seed, 7))}
}

func (c *crashReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // its sender was killed
	}
	attempt := crashAttempt{id: r.Header.Get("Webhook-Id"), body: sha256.Sum256(body)}
	attempt.life, _ = strconv.Atoi(r.Header.Get("X-Life"))
	if err := c.verifier.Verify(body, r.Header); err != nil {
		c.Errorf("event %s: %v", attempt.id, err)
	}
	if err := json.Unmarshal(body, &attempt.crashEvent); err != nil {
		c.Errorf("event %s: %v", attempt.id, err)
	}
	wait := c.take(&attempt)
	c.arrived(attempt)
	if wait > 0 {
		<-time.After(wait)
	}
	switch {
	case attempt.lost:
		panic(http.ErrAbortHandler) // the connection is cut
	case !attempt.taken:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// take decides over a request and records it: one in five is refused, one in twenty taken without an answer.
func (c *crashReceiver) take(a *crashAttempt) (wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fate := c.random.IntN(100)
	a.taken = fate >= 20 || c.calm
	a.lost = fate >= 95 && !c.calm
	c.attempts = append(c.attempts, *a)
	if fate%5 == 0 && !c.calm {
		return time.Duration(c.random.IntN(30)) * time.Millisecond
	}
	return 0
}

func (c *crashReceiver) soothe() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calm = true
}

// record returns what has arrived so far.
func (c *crashReceiver) record() []crashAttempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.attempts[:len(c.attempts):len(c.attempts)]
}
