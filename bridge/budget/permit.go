package budget

import (
	"net/http"
	"time"
)

// A permit is for one request that was let go. It fulfils [bridge.Permit].
type permit struct {
	budget *Budget
	turn   *turn
	number uint64 // from 1
	began  time.Time
	waited time.Duration
	why    string
}

// permit lets a request go.
func (b *Budget) permit(w *waiter, now time.Time) *permit {
	b.permits++
	p := &permit{budget: b, turn: w.turn, number: b.permits, began: now, waited: now.Sub(w.since), why: w.why}
	b.flying[p] = struct{}{}
	w.turn.taken++
	w.turn.made++
	w.turn.last = now
	if b.interval > 0 {
		b.free = now.Add(b.interval)
	}
	return p
}

// Waited fulfils [bridge.Permit].
func (p *permit) Waited() (wait time.Duration, reason string) { return p.waited, p.why }

// Observe fulfils [bridge.Permit].
func (p *permit) Observe(status int, header http.Header) {
	b, now := p.budget, time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, flies := b.flying[p]; !flies {
		return
	}
	delete(b.flying, p)
	if status == 0 {
		b.spend(p.turn, nil, false, now)
	} else {
		b.hear(p, status, Hear(header, now), now)
	}
	b.advance()
}

// hear takes in an answer.
func (b *Budget) hear(p *permit, status int, word Word, now time.Time) {
	b.heard = true
	if len(word.Limits) > 0 {
		p.turn.resource = word.Resource
	}
	told := map[quota]bool{}
	for _, limit := range word.Limits {
		q := quota{word.Resource, limit.Policy}
		b.learn(q, limit, p, now)
		told[q] = true
	}
	b.spend(p.turn, told, true, now)
	b.heed(status, word, now)
}

// Waits after refusals that name none: the first, doubled with each one more, up to the longest.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// heed pauses after a refusal.
func (b *Budget) heed(status int, word Word, now time.Time) {
	wait := time.Duration(0)
	switch {
	case refusal(status) && word.Wait > 0:
		wait = word.Wait
	case status == http.StatusTooManyRequests && word.Refused(status) == 0:
		wait = min(firstPause<<min(b.refusals, 10), longestPause)
		b.refusals++
	case status < http.StatusBadRequest:
		b.refusals = 0
	}
	if wait > 0 {
		b.pause = b.pause.later(bound{at: now.Add(wait), why: reasonOf(status, word)})
	}
}

func reasonOf(status int, word Word) string {
	if word.Wait > 0 {
		return "Retry-After"
	}
	return http.StatusText(status)
}
