// Package expr compiles HCL expressions over JSON.
package expr

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/document"
)

// A Ref is a path that an expression reads, and the root variable where it starts.
type Ref struct {
	Root string
	Path document.Path
}

// Scope gives the raw JSON value at a reference, nil where it is absent.
type Scope func(Ref) []byte

// An Expr is a compiled expression. It is safe for concurrent use.
type Expr struct{}

// Compile checks an expression whose variables may only be the given roots, and evaluates what can be
// evaluated now, so that its mistakes are found at once.
func Compile(x hcl.Expression, eval *hcl.EvalContext, roots ...string) (*Expr, hcl.Diagnostics) {
	panic("to be written")
}

// Refs returns the paths that the expression reads.
func (x *Expr) Refs() []Ref { panic("to be written") }

// Sensitive reports whether the value depends on a secret.
func (x *Expr) Sensitive() bool { panic("to be written") }

// Value evaluates. Absent paths read as null.
func (x *Expr) Value(scope Scope) (cty.Value, error) { panic("to be written") }

// Bool evaluates to true or false; null is false.
func (x *Expr) Bool(scope Scope) (bool, error) { panic("to be written") }

// JSON evaluates to minified JSON.
func (x *Expr) JSON(scope Scope) ([]byte, error) { panic("to be written") }

// Path compiles a bare traversal of the root, with [*] steps allowed if each.
func Path(x hcl.Expression, root string, each bool) (document.Path, hcl.Diagnostics) {
	panic("to be written")
}

// Paths compiles a list of bare traversals of the root, with [*] steps.
func Paths(x hcl.Expression, root string) ([]document.Path, hcl.Diagnostics) {
	panic("to be written")
}

// A Key reads an item's key off its bytes.
type Key struct{}

// CompileKey compiles `item.id`, a template of such paths, or any other expression over item.
func CompileKey(x hcl.Expression, eval *hcl.EvalContext) (*Key, hcl.Diagnostics) {
	panic("to be written")
}

// Of returns the key of an item; the error says that it has none.
func (k *Key) Of(item []byte) (string, error) { panic("to be written") }
