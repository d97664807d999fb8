package daemon

import (
	"runtime"
	"testing"
)

func TestTheHeapMayGrowByAQuarterOrBySixteenMegabytes(t *testing.T) {
	for live, want := range map[uint64]int{
		0: 100, 4 << 20: 100, 16 << 20: 100, 32 << 20: 50, 64 << 20: 25, 1 << 30: 25, 1 << 50: 25,
	} {
		if got := spareOf(live); got != want {
			t.Errorf("%d bytes that live: %d %%, want %d", live, got, want)
		}
	}
}

func TestEachCollectionIsFollowed(t *testing.T) {
	followed := make(chan struct{}, 1)
	afterCollections(func() {
		select {
		case followed <- struct{}{}:
		default:
		}
	})
	for range 3 {
		<-followed
		for len(followed) == 0 {
			runtime.GC() // one may run before the next is waited for
		}
	}
}
