package simulation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/zeebo/xxh3"
)

// A dice decides what a seed leaves open. It is asked with what the decision is about, and gives the same answer
// whenever and by whomever it is asked: in which order goroutines come by changes nothing.
type dice uint64

func (d dice) of(about ...any) dice {
	return dice(xxh3.HashStringSeed(fmt.Sprintln(about...), uint64(d)))
}

// unit returns a number from 0 up to 1.
func (d dice) unit(about ...any) float64 { return float64(d.of(about...)>>11) / (1 << 53) }

func (d dice) chance(share float64, about ...any) bool { return d.unit(about...) < share }

// below returns a number from 0 up to n.
func (d dice) below(n int, about ...any) int { return int(d.unit(about...) * float64(n)) }

// span returns a time between two, evenly.
func (d dice) span(from, to time.Duration, about ...any) time.Duration {
	return from + time.Duration(d.unit(about...)*float64(to-from))
}

// scale returns a time between two, of each order of magnitude as often.
func (d dice) scale(from, to time.Duration, about ...any) time.Duration {
	return time.Duration(float64(from) * math.Pow(float64(to)/float64(from), d.unit(about...)))
}

func pick[V any](d dice, all []V, about ...any) V { return all[d.below(len(all), about...)] }

// source returns numbers for one actor, who asks for them in an order of its own.
func (d dice) source(about ...any) func() float64 {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(uint64(d.of(about...)), 1))
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64()
	}
}

// A weight is a choice, and how often it is taken beside others.
type weight[V any] struct {
	share  float64
	choice V
}

func choose[V any](d dice, among []weight[V], about ...any) V {
	total := 0.0
	for _, w := range among {
		total += w.share
	}
	at := d.unit(about...) * total
	for _, w := range among {
		if at -= w.share; at < 0 {
			return w.choice
		}
	}
	return among[len(among)-1].choice
}
