package config_test

import (
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/bridge/config"
)

const budgeted = `
budget "shared" {
  rate    = "30/min"
  reserve = "10%"
}
source "http" "a" {
  url    = "https://api.example.com/"
  budget = budget.shared
  sinks  = [sink.out]
}
source "http" "b" {
  url    = "https://other.example.com/"
  budget = budget.shared
  sinks  = [sink.out]
}
source "http" "c" {
  url   = "https://api.example.com/"
  sinks = [sink.out]
}
source "http" "d" {
  url   = "https://api.example.com/"
  sinks = [sink.out]
}
sink "stdout" "out" {}
`

// TestSourcesShareTheBudgetTheyNameOrThatOfTheirServer shows S5: which requests count together.
func TestSourcesShareTheBudgetTheyNameOrThatOfTheirServer(t *testing.T) {
	registry := budget.NewRegistry()
	of := func(text string) map[string]bridge.Budget {
		c, diags := config.Load(files(t, "main.hcl", text), config.Options{
			Kinds: kinds(), Getenv: environment(), Budgets: registry,
		})
		if len(diags) > 0 {
			t.Fatal(rendered(t, c, diags))
		}
		budgets := map[string]bridge.Budget{}
		for _, s := range c.Sources {
			budgets[s.Name] = s.Source.(*fakeSource).env.Budget("https://api.example.com:443")
		}
		return budgets
	}
	b := of(budgeted)
	if b["a"] != b["b"] || b["c"] != b["d"] || b["a"] == b["c"] {
		t.Errorf("budgets %v", b)
	}
	want := budget.Settings{Name: "budget.shared", Rate: 0.5, Reserve: 0.1}
	if b["a"] != bridge.Budget(registry.Get(want)) {
		t.Errorf("the budget is not that of %+v", want)
	}
	if again := of(budgeted); again["a"] != b["a"] || again["c"] != b["c"] {
		t.Error("another reading of the same configuration does not go on with the same budgets")
	}
}
