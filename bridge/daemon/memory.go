package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
	measure "runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// startTakes is how long it takes until a start has come to rest: the first polls are made, and Badger has compacted
// what the last end left. What memory that took is given back then; the collector does so over minutes.
const startTakes = 10 * time.Second

// By how many percent the heap grows beyond what lives in it before it is collected, where GOGC does not say otherwise.
// By default it is as much again. A quarter costs little where much lives long, since most of that holds no pointers, or
// is left alone. Where little lives a quarter is a few megabytes, and polls and deliveries go through these so often that
// collecting takes a tenth of their time. A large configuration, of which much more is thrown away than kept, is read in
// two thirds of the time with a half.
const (
	spareAtStart = 50
	spareOfMuch  = 25
	spareAtMost  = 100
	spareBytes   = 16 << 20 // up to spareAtMost it is as many at least
)

// spareOf is for a heap in which so many bytes live.
func spareOf(live uint64) int {
	return int(min(max(spareOfMuch, 100*spareBytes/max(live, 1)), spareAtMost))
}

// spared is what was set last, since setting it stops the world.
var spared atomic.Int64

func spareMemory(percent int) {
	if os.Getenv("GOGC") == "" && spared.Swap(int64(percent)) != int64(percent) {
		debug.SetGCPercent(percent)
	}
}

// settleMemory gives back what reading a configuration took, which is several times what is kept of it, and spares from
// then on what the heap asks for.
func settleMemory() {
	debug.FreeOSMemory()
	followHeap()
}

var followHeap = sync.OnceFunc(func() { afterCollections(spareWhatLives) })

func spareWhatLives() {
	live := []measure.Sample{{Name: "/gc/heap/live:bytes"}}
	measure.Read(live)
	spareMemory(spareOf(live[0].Value.Uint64()))
}

// afterCollections calls do, and again after collections for as long as the process lives: after each where there is
// time between them, and at least after every other one, since what is made while one goes on outlives it.
func afterCollections(do func()) {
	do()
	collected := new(*byte) // by the next one; it holds a pointer, since what holds none may share its place in memory
	runtime.AddCleanup(collected, afterCollections, do)
}
