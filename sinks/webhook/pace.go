package webhook

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
)

// A pace spreads events evenly over time.
type pace struct {
	mu    sync.Mutex
	every time.Duration // 0: there is no limit
	next  time.Time     // when the next event may leave
}

// limit sets how many events a minute may leave, 0 for any number.
func (p *pace) limit(perMinute float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.every = 0
	if perMinute > 0 {
		p.every = time.Duration(float64(time.Minute) / perMinute)
	}
}

// wait returns when it is the caller's turn. A turn that takes more than half of the caller's time is not
// waited for: the error puts the attempt off, which then counts as none.
func (p *pace) wait(ctx context.Context) error {
	turn, err := p.turn(ctx)
	if err != nil || turn <= 0 {
		return err
	}
	timer := time.NewTimer(turn)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
}

// turn takes the next turn, if it is near enough, and returns how far it is.
func (p *pace) turn(ctx context.Context) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	turn := max(p.next.Sub(now), 0)
	if deadline, bounded := ctx.Deadline(); p.every > 0 && bounded && turn > deadline.Sub(now)/2 {
		return 0, bridge.PutOff(errors.New("WebHook-Allowed-Rate allows no more events now"), turn)
	}
	p.next = now.Add(turn + p.every)
	return turn, nil
}
