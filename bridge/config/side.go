package config

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// side does a number of things side by side, as many at a time as there are processors.
func side(count int, do func(i int)) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range count {
		group.Go(func() error {
			do(i)
			return nil
		})
	}
	_ = group.Wait() // there are no errors
}
