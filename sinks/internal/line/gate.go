package line

import "context"

// A Gate lets one goroutine through at a time. Unlike a mutex it does not hold one whose context is done.
type Gate chan struct{}

// NewGate makes an open gate.
func NewGate() Gate { return make(Gate, 1) }

// Enter waits for its turn, or returns why the context ended. What entered must Leave.
func (g Gate) Enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Leave lets the next one through.
func (g Gate) Leave() { <-g }
