package budget

import (
	"sync"
	"time"
)

// fewBudgets is how many budgets a registry holds before it looks which ones it can do without.
const fewBudgets = 1024

// A Registry holds the budgets of a process: one for each server, which only follows what that server says,
// and those that an operator wrote down. It outlives a configuration. Its methods are safe for concurrent use.
type Registry struct {
	mu      sync.Mutex
	budgets map[Settings]*Budget
	sweep   int
}

// NewRegistry makes a registry without budgets.
func NewRegistry() *Registry { return &Registry{budgets: map[Settings]*Budget{}, sweep: fewBudgets} }

// Host returns the budget of the server at an origin, such as "https://api.example.com:443".
func (r *Registry) Host(origin string) *Budget { return r.Get(Settings{Name: origin}) }

// Get returns the budget with these settings. Those of other settings, even under the same name, have nothing
// to do with it.
func (r *Registry) Get(s Settings) *Budget {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.budgets[s]
	if b == nil {
		b = New(s)
		r.drop()
		r.budgets[s] = b
	}
	return b
}

// drop lets go of the budgets that nobody would miss, once there are many.
func (r *Registry) drop() {
	if len(r.budgets) < r.sweep {
		return
	}
	now := time.Now()
	for s, b := range r.budgets {
		if b.idle(now) {
			delete(r.budgets, s)
		}
	}
	r.sweep = max(fewBudgets, 2*len(r.budgets))
}
