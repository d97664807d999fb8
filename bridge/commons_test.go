package bridge

import (
	"runtime"
	"testing"
)

func TestWhatIsInCommonLastsAsLongAsItIsHeld(t *testing.T) {
	var c Commons
	made := 0
	hold := func(key string) *[64]byte {
		return InCommon(&c, key, func() *[64]byte { made++; return new([64]byte) })
	}
	one, two, other := hold("a"), hold("a"), hold("b")
	runtime.GC()
	if again := hold("a"); one != two || one != again || one == other || made != 2 {
		t.Errorf("%d were made for two keys", made)
	}
	runtime.KeepAlive(one)
	runtime.KeepAlive(other)
	for c.count() > 0 { // cleanups run on a goroutine of the runtime
		runtime.GC()
		runtime.Gosched()
	}
	if hold("a"); made != 3 {
		t.Error("what nobody held any more was found again")
	}
}

func (c *Commons) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held)
}
