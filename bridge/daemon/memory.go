package daemon

import (
	"os"
	"runtime/debug"
	"time"
)

// startTakes is how long it takes until a start has come to rest: the first polls are made, and Badger has compacted
// what the last end left. What memory that took is given back then; the collector does so over minutes.
const startTakes = 10 * time.Second

// By how many percent the heap grows beyond what lives in it before it is collected, where GOGC does not say otherwise.
// By default it is as much again. While the program runs, a quarter costs little, since most of what lives long holds no
// pointers, or is left alone: deliveries and unchanged polls take as much time with a quarter as with a half. A large
// configuration, of which much more is thrown away than kept, is read in two thirds of the time with a half.
const (
	spareAtStart = 50
	spareAtWork  = 25
)

func spareMemory(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
