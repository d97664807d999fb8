package sourcetest

import (
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge"
)

// Share makes one block, such as auth "bearer" { … }, the shared one that any reference leads to. What it returns
// is for the Refer of [bridge.Env].
func Share(t *testing.T, block string) func(hcl.Expression, string) (*bridge.Shared, hcl.Diagnostics) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(block), "shared.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	found := file.Body.(*hclsyntax.Body).Blocks[0]
	s := &sharing{}
	shared := &bridge.Shared{Kind: found.Labels[0], Name: "shared", Body: found.Body, Eval: Eval(), Once: s.once}
	return func(hcl.Expression, string) (*bridge.Shared, hcl.Diagnostics) { return shared, nil }
}

type sharing struct {
	mu   sync.Mutex
	made any
}

func (s *sharing) once(make func() (any, hcl.Diagnostics)) (any, hcl.Diagnostics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != nil {
		return s.made, nil
	}
	var diags hcl.Diagnostics
	s.made, diags = make()
	return s.made, diags
}
