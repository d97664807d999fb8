package daemon

import (
	"os"
	"runtime/debug"
)

// spareMemory makes the heap grow by a quarter beyond what lives in it before it is collected, and not by as much again:
// most of what lives long holds no pointers, or is left alone for long, so that a collection costs little. Deliveries
// and unchanged polls take as much time with a quarter as with a half (measured in turns). GOGC says otherwise.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25)
	}
}
