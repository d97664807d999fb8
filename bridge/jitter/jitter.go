// Package jitter makes waits differ at random, so that what failed together is not all tried again in one instant.
package jitter

import (
	"math/rand/v2"
	"time"
)

// A Source yields numbers from 0 up to, and not including, 1. It is safe for concurrent use. The nil Source is the
// runtime's; a simulation, whose runs are to repeat themselves, has one of its own.
type Source func() float64

func (s Source) number() float64 {
	if s == nil {
		return rand.Float64()
	}
	return s()
}

// Around returns a wait that is longer or shorter by up to a share of it.
func (s Source) Around(wait time.Duration, share float64) time.Duration {
	return time.Duration(float64(wait) * (1 + share*(2*s.number()-1)))
}

// UpTo returns a wait from 0 up to, and not including, most.
func (s Source) UpTo(most time.Duration) time.Duration {
	return time.Duration(float64(most) * s.number())
}
