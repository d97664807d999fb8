package config

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

type budgetBlock struct {
	Rate    hcl.Expression `hcl:"rate,optional"`
	Reserve hcl.Expression `hcl:"reserve,optional"`
}

// sharedBudget is a budget that sources may refer to.
type sharedBudget struct {
	budget.Settings
	at   hcl.Range
	used atomic.Bool
}

// lent is what a source's version takes of its budget.
func (b *sharedBudget) lent() budget.Settings {
	if b == nil {
		return budget.Settings{}
	}
	return b.Settings
}

func (l *loader) readBudgets() {
	first := map[string]hcl.Range{}
	for _, block := range l.blocks["budget"] {
		u := l.open(block)
		var b budgetBlock
		u.decode(&b)
		shared := &sharedBudget{at: block.DefRange, Settings: budget.Settings{
			Name: "budget." + u.name(), Rate: u.Rate(b.Rate), Reserve: u.Ratio(b.Reserve, 0),
		}}
		if shared.Reserve == 1 {
			u.Fail(b.Reserve, "Invalid value", "Nothing would be left for the sources: take less than 100%%.")
		}
		checkName(u)
		if checkUnique(u, first) {
			l.budgets[u.name()] = shared
		}
		l.close(u)
	}
}

// referToBudget reads which budget a source takes from; none where it names none.
func (l *loader) referToBudget(u *unit, x hcl.Expression) {
	if !setting.Given(x) {
		return
	}
	name, ok := budgetName(x)
	shared := l.budgets[name]
	if shared == nil {
		l.astray.Store(true)
	}
	switch {
	case !ok:
		u.Fail(x, "Invalid reference", "Refer to a budget as budget.NAME, without quotes.")
		return
	case shared == nil && !l.broken:
		u.Fail(x, "Unknown budget", "No budget named %q is declared.%s",
			name, setting.Suggest(name, slices.Sorted(maps.Keys(l.budgets))))
		return
	case shared == nil:
		return
	}
	shared.used.Store(true)
	u.budget = shared
}

// budgetName reads budget.NAME.
func budgetName(x hcl.Expression) (string, bool) {
	traversal, diags := hcl.AbsTraversalForExpr(x)
	if diags.HasErrors() || len(traversal) != 2 || traversal.RootName() != "budget" {
		return "", false
	}
	step, ok := traversal[1].(hcl.TraverseAttr)
	return step.Name, ok
}

// budgetOf returns what the requests of a block take from: the budget that it names, or that of each server.
func (l *loader) budgetOf(u *unit) func(string) bridge.Budget {
	registry, shared := l.options.Budgets, u.budget
	return func(origin string) bridge.Budget {
		if shared != nil {
			return registry.Get(shared.Settings)
		}
		return registry.Host(origin)
	}
}

// judgeBudgets warns of budgets that nobody takes from.
func (l *loader) judgeBudgets() {
	for name, shared := range l.budgets {
		if !shared.used.Load() && !l.astray.Load() {
			l.report(warning(shared.at, "Unused budget",
				"No source takes from it: name it as budget = budget.%s in those that do.", name))
		}
	}
}
