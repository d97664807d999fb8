package fetch

import (
	"slices"
	"sync"

	"github.com/hookbridge/hookbridge/bridge/veil"
)

// A cover keeps the veil over the secrets of a client, which change as its credential does.
type cover struct {
	mu      sync.Mutex
	made    bool
	version uint64
	veil    veil.Veil
}

// veil returns the veil over all that is secret by now.
func (c *Client) veil() veil.Veil {
	var texts []string
	var version uint64
	if c.settings.auth != nil {
		texts, version = c.settings.auth.Secrets()
	}
	c.cover.mu.Lock()
	defer c.cover.mu.Unlock()
	if !c.cover.made || c.cover.version != version {
		c.cover.veil = veil.New(shortestSecret, slices.Concat(c.settings.secrets, c.settings.loose, texts)...)
		c.cover.made, c.cover.version = true, version
	}
	return c.cover.veil
}
