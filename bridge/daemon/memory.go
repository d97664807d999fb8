package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// startTakes is how long it takes until a start has come to rest: the first polls are made, and Badger has compacted
// what the last end left. What memory that took is given back then; the collector does so over minutes.
const startTakes = 10 * time.Second

// By how many percent the heap grows beyond what lives in it before it is collected, where GOGC does not say otherwise.
// By default it is as much again. A quarter costs little where much lives long, since most of that holds no pointers, or
// is left alone. A large configuration, of which much more is thrown away than kept, is read in two thirds of the time
// with a half. Where little lives a quarter is a few megabytes, and polls and deliveries go through these so often that
// collecting takes a tenth of their time.
const (
	spareAtStart  = 50
	spareOfLittle = 60
	spareOfMuch   = 25
	little        = 16 << 20 // bytes that live
)

func spareMemory(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// settleMemory gives back what reading a configuration took, which is several times what is kept of it, and spares as
// what is left asks for.
func settleMemory() {
	debug.FreeOSMemory()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	if now.HeapAlloc < little {
		spareMemory(spareOfLittle)
	} else {
		spareMemory(spareOfMuch)
	}
}
