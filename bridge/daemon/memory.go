package daemon

import (
	"os"
	"runtime/debug"
)

// manySources are so many that what is kept of them is most of the heap.
const manySources = 1000

// spareMemory makes the heap grow by half beyond what lives in it before it is collected, and not by as much again:
// most of what lives long holds no pointers, so that a collection costs next to nothing. Where many sources live in it
// half is a lot, and they come by so little garbage that a quarter costs no more. GOGC says otherwise.
func spareMemory(sources int) {
	switch {
	case os.Getenv("GOGC") != "":
	case sources >= manySources:
		debug.SetGCPercent(25)
	default:
		debug.SetGCPercent(50)
	}
}

// settleMemory is called when a configuration was taken in: to read a large one takes several times what is kept of it.
func settleMemory(sources int) {
	spareMemory(sources)
	debug.FreeOSMemory()
}
