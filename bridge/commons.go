package bridge

import (
	"runtime"
	"sync"
	"weak"
)

// Commons are where blocks of the configuration that are alike find what they have in common, such as the connections
// to one server, over reloads as well. They keep nothing alive: what no block holds any more is forgotten. The zero
// Commons hold nothing.
type Commons struct {
	mu   sync.Mutex
	held map[string]any // pointers that are weak, by key
}

// InCommon returns what is held under the key, which make makes for the first who asks. Who makes it decides on the
// key, which has to tell types apart.
func InCommon[T any](c *Commons, key string, make func() *T) *T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := heldAs[T](c, key); one != nil {
		return one
	}
	one := make()
	if c.held == nil {
		c.held = map[string]any{}
	}
	c.held[key] = weak.Make(one)
	runtime.AddCleanup(one, forget[T], forgotten{c, key})
	return one
}

func heldAs[T any](c *Commons, key string) *T {
	held, _ := c.held[key].(weak.Pointer[T])
	return held.Value()
}

type forgotten struct {
	from *Commons
	key  string
}

func forget[T any](f forgotten) {
	f.from.mu.Lock()
	defer f.from.mu.Unlock()
	if heldAs[T](f.from, f.key) == nil { // nobody made a new one meanwhile
		delete(f.from.held, f.key)
	}
}
