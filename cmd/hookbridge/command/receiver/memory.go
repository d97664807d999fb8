package receiver

import (
	"crypto/sha256"
	"sync"
)

// A memory knows the ids of the last webhooks.
type memory struct {
	most int

	mu    sync.Mutex
	known map[[sha256.Size]byte]bool
	order [][sha256.Size]byte // the oldest first
}

// note takes note of an id, and reports whether it was known. Without an id nothing is.
func (m *memory) note(id string) (known bool) {
	if id == "" {
		return false
	}
	sum := sha256.Sum256([]byte(id))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[sum] {
		return true
	}
	if m.known == nil {
		m.known = map[[sha256.Size]byte]bool{}
	}
	if len(m.order) == m.most {
		delete(m.known, m.order[0])
		m.order = m.order[1:]
	}
	m.known[sum] = true
	m.order = append(m.order, sum)
	return false
}
