// Package measure reads what processes cost from the kernel: processor time by their CPU-time clocks, memory from
// /proc, syncs from strace; and tells what machine that was on. It works on Linux alone.
package measure

import (
	"context"
	"time"
)

// Moment is an instant of the machine's monotonic clock in nanoseconds, the same for all of its processes.
type Moment int64

// Sub is the time from another moment to this one.
func (m Moment) Sub(from Moment) time.Duration { return time.Duration(m - from) }

// Wait waits, unless ctx ends before.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// A process is at rest where it uses less than this of a processor for as long.
const (
	restWindow = 100 * time.Millisecond
	restUse    = 2 * time.Millisecond
	restWithin = 15 * time.Second
)

// Rest returns when the process is at rest: what it does after its work, such as collecting garbage and compacting,
// belongs to the cost of the work. One that never rests is not waited for longer than 15 seconds.
func Rest(ctx context.Context, pid int) error {
	for began := Now(); Now().Sub(began) < restWithin; {
		before, err := CPU(pid)
		if err != nil {
			return err
		}
		if err := Wait(ctx, restWindow); err != nil {
			return err
		}
		after, err := CPU(pid)
		if err != nil || after-before < restUse {
			return err
		}
	}
	return nil
}

// Cost is the processor time that a process uses for some work, until it is at rest again.
func Cost(ctx context.Context, pid int, work func() error) (time.Duration, error) {
	before, err := CPU(pid)
	if err != nil {
		return 0, err
	}
	if err := work(); err != nil {
		return 0, err
	}
	if err := Rest(ctx, pid); err != nil {
		return 0, err
	}
	after, err := CPU(pid)
	return after - before, err
}
