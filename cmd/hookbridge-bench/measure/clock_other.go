//go:build !linux

package measure

import (
	"errors"
	"time"
)

// Now is this moment, of a clock that other processes do not share: there is nothing to compare it with.
func Now() Moment { return Moment(time.Now().UnixNano()) }

// CPU is an error: the benchmarks need Linux.
func CPU(int) (time.Duration, error) { return 0, errors.ErrUnsupported }

// Sleep sleeps.
func Sleep(d time.Duration) error {
	time.Sleep(d)
	return nil
}
