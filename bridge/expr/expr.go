// Package expr compiles the expressions of the configuration language over JSON. A bare traversal such as
// item.id becomes a path that is read off the raw bytes; anything richer is evaluated with go-cty on a
// value built from just the paths that it mentions, and no others.
//
// An absent path reads as null, and null is mild, so that filters stay short: below null, and below what
// has no such part, everything is null; a splat or a for over null is empty; in && || ! and in the
// condition of ?: null is false; a comparison by order with null is false; and in a string template null
// is the empty string. Arithmetic on null is an error.
//
// What a function call without variables returns is read once, when the expression is compiled: a secret
// that came from the environment or a file stays the same until the configuration is loaded again.
package expr

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// A Ref is a path that an expression reads, and the root variable where it starts.
type Ref struct {
	Root string
	Path document.Path
}

// String writes the reference as in the configuration.
func (r Ref) String() string { return r.Root + r.Path.String() }

// A Scope is what an expression is evaluated over. Read gives the raw JSON value at a reference, nil where
// it is absent; Changed holds the JSON Pointers that the function changed looks through. That function
// exists where "change" is among the roots: changed("/a") is true when one of the pointers is /a, leads to
// what holds it, or to a part of it; changed("") is true when there is any.
type Scope struct {
	Read    func(Ref) []byte
	Changed []string
}

// An Expr is a compiled expression. It is safe for concurrent use.
type Expr struct {
	syntax    hclsyntax.Expression
	eval      *hcl.EvalContext
	at        hcl.Range
	refs      []Ref
	names     []string // of the variables that stand for the refs
	sensitive bool
	changes   bool // the function changed exists
}

// Compile checks an expression whose variables may only be the given roots, and evaluates what can be
// evaluated now, so that its mistakes are found at once. The functions of eval are those of the
// configuration; eval may be nil, and its variables are not used.
func Compile(x hcl.Expression, eval *hcl.EvalContext, roots ...string) (*Expr, hcl.Diagnostics) {
	return compile(x, eval, roots, false)
}

func compile(x hcl.Expression, eval *hcl.EvalContext, roots []string, strict bool) (*Expr, hcl.Diagnostics) {
	syntax, ok := x.(hclsyntax.Expression)
	if !ok {
		return nil, setting.Wrong(x.Range(), "Unsupported expression", "This takes an expression of the HCL syntax.")
	}
	c := compiler{eval: functionsOf(eval), roots: roots, strict: strict, index: map[string]bool{}}
	compiled := &Expr{syntax: c.rewrite(syntax), eval: c.eval, at: x.Range()}
	compiled.refs, compiled.names = c.refs, c.names
	compiled.changes = c.knows("change")
	if c.diags.HasErrors() {
		return nil, c.diags
	}
	value, diags := compiled.rehearse()
	if diags.HasErrors() {
		return nil, withoutValues(diags)
	}
	compiled.sensitive = c.sensitive || value.ContainsMarked()
	return compiled, nil
}

// functionsOf keeps the functions of a context and leaves its variables out.
func functionsOf(eval *hcl.EvalContext) *hcl.EvalContext {
	if eval != nil && !hasVariables(eval) {
		return eval
	}
	bare := &hcl.EvalContext{}
	for ; eval != nil; eval = eval.Parent() {
		for name, f := range eval.Functions {
			if bare.Functions == nil {
				bare.Functions = map[string]function.Function{}
			}
			if _, inner := bare.Functions[name]; !inner {
				bare.Functions[name] = f
			}
		}
	}
	return bare
}

func hasVariables(eval *hcl.EvalContext) bool {
	for ; eval != nil; eval = eval.Parent() {
		if len(eval.Variables) > 0 {
			return true
		}
	}
	return false
}

// withoutValues takes out of diagnostics what would let a printer show the values of variables.
func withoutValues(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
	}
	return diags
}

// Refs returns the paths that the expression reads.
func (x *Expr) Refs() []Ref { return x.refs }

// Sensitive reports whether the value depends on a secret.
func (x *Expr) Sensitive() bool { return x.sensitive }

// Range returns where the expression stands in the configuration.
func (x *Expr) Range() hcl.Range { return x.at }

// Value evaluates. Absent paths read as null. The value bears no marks: where a secret must not go, the
// caller asks Sensitive first.
func (x *Expr) Value(scope Scope) (cty.Value, error) { return x.evaluate(scope) }

// Bool evaluates to true or false; null is false.
func (x *Expr) Bool(scope Scope) (bool, error) {
	value, err := x.evaluate(scope)
	if err != nil || value.IsNull() {
		return false, err
	}
	if value.Type() != cty.Bool {
		return false, x.wrong("the result is " + value.Type().FriendlyName() + ", where true or false is needed")
	}
	return value.True(), nil
}

// JSON evaluates to minified JSON.
func (x *Expr) JSON(scope Scope) ([]byte, error) {
	value, err := x.evaluate(scope)
	if err != nil {
		return nil, err
	}
	text, err := appendJSON(nil, value)
	if err != nil {
		return nil, x.wrong(err.Error())
	}
	return text, nil
}
