package webhook

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// permitted is how long a receiver's permission is taken to hold. The specification sets no end to it.
const permitted = 24 * time.Hour

// headerOrigin says who asks, in the request for permission and in each one after that.
const headerOrigin = "Webhook-Request-Origin"

type handshakeBlock struct {
	Origin hcl.Expression `hcl:"origin"`
	Rate   hcl.Expression `hcl:"rate,optional"`
}

// A handshake asks the receiver whether it wants events, before the first one is sent to it ("HTTP 1.1 Web Hooks
// for Event Delivery" of CloudEvents, version 1.0.2, section 4: https://github.com/cloudevents/spec). Permission
// comes in the answer or not at all: a callback would need something here that listens. It holds for a day, and
// until the receiver refuses an event. However many attempts wait for it, one of them asks, and all get the
// answer.
type handshake struct {
	origin string // who asks: a name in the manner of the DNS
	rate   string // the events a minute that are asked for; "": as many as there are

	mu     sync.Mutex
	until  time.Time // when the permission ends
	asking *question // nil: nobody does
	pace   pace
}

// A question is one request for permission. Who waits for its end reads the rest after that.
type question struct {
	done chan struct{}
	err  error
	cut  bool // who asked had no time left, which says nothing to others
}

// An ask makes the request, and returns how many events a minute the receiver allows, 0 for any number.
type ask func(context.Context, *handshake) (limit float64, err error)

// readHandshake is nil where there is no such block.
func readHandshake(r *setting.Reader, block *handshakeBlock) *handshake {
	if block == nil {
		return nil
	}
	h := &handshake{origin: readText(r, block.Origin, "origin", "Invalid origin", checkName)}
	if rate := r.Rate(block.Rate); rate > 0 {
		h.rate = strconv.FormatFloat(math.Max(1, math.Round(rate*60)), 'f', 0, 64)
	}
	return h
}

// checkName takes labels of letters, digits and dashes, with dots between them.
func checkName(text string) error {
	other := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.'
	}
	if text == "" || len(text) > 253 || strings.ContainsFunc(text, other) ||
		strings.HasPrefix(text, ".") || strings.Contains(text, "..") {
		return errors.New(`it tells the receiver who asks, by a name in the manner of the DNS such as "bridge.example.com"`)
	}
	return nil
}

// permit returns when the receiver takes events and it is the turn of this one. The error says why it does not,
// or that it does not so soon.
func (h *handshake) permit(ctx context.Context, ask ask) error {
	if h == nil {
		return nil
	}
	if err := h.agree(ctx, ask); err != nil {
		return err
	}
	return h.pace.wait(ctx)
}

// agree has the receiver's permission, or asks for it.
func (h *handshake) agree(ctx context.Context, ask ask) error {
	for {
		q, mine := h.question()
		if q == nil {
			return nil
		}
		if mine {
			limit, err := ask(ctx, h)
			h.answer(q, limit, err, ctx.Err() != nil)
			return err
		}
		select {
		case <-q.done:
			if !q.cut {
				return q.err
			}
		case <-ctx.Done():
			return fmt.Errorf("ask for permission: %w", ctx.Err())
		}
	}
}

// question returns what to wait for, nil where permission is there, and whether it is for the caller to ask.
func (h *handshake) question() (q *question, mine bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Now().Before(h.until) {
		return nil, false
	}
	if h.asking != nil {
		return h.asking, false
	}
	h.asking = &question{done: make(chan struct{})}
	return h.asking, true
}

// answer ends a question.
func (h *handshake) answer(q *question, limit float64, err error, cut bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asking = nil
	if q.err, q.cut = err, err != nil && cut; err == nil {
		h.until = time.Now().Add(permitted)
		h.pace.limit(limit)
	}
	close(q.done)
}

// note hears how the receiver answered an event: one that does not want it is asked again before the next.
func (h *handshake) note(status int) {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		if h != nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.until = time.Time{}
		}
	}
}
