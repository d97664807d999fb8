package fetch

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// isSecret reports whether anything of the value comes from a secret.
func isSecret(x hcl.Expression, eval *hcl.EvalContext) bool {
	if x == nil {
		return false
	}
	value, _ := x.Value(eval) // what is wrong with it was reported by the one who read it
	return value.ContainsMarked()
}

// element returns the expression of one value of a map.
func element(x hcl.Expression, eval *hcl.EvalContext, name string) hcl.Expression {
	value, _ := x.Value(eval)
	if value == cty.NilVal || value.IsMarked() || value.IsNull() || !value.CanIterateElements() {
		return x
	}
	for key, element := range value.Elements() {
		if key.Type() == cty.String && !key.IsMarked() && key.AsString() == name {
			return hcl.StaticExpr(element, x.Range())
		}
	}
	return x
}
