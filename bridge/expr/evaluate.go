package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// evaluate returns the value over a scope, without marks. A panic of a library is an error here: an event
// must not take the daemon down with it.
func (x *Expr) evaluate(scope Scope) (value cty.Value, err error) {
	defer func() {
		if recover() != nil {
			value, err = cty.NilVal, x.wrong("the expression cannot be evaluated over this value")
		}
	}()
	variables, err := x.variables(scope)
	if err != nil {
		return cty.NilVal, x.wrong(err.Error())
	}
	value, diags := x.syntax.Value(x.context(variables, changedIn(scope.Changed)))
	if diags.HasErrors() {
		return cty.NilVal, x.failed(diags)
	}
	if !x.sensitive && value.ContainsMarked() {
		return cty.NilVal, x.wrong("the result depends on a secret in a way that could not be foreseen")
	}
	value, _ = value.UnmarkDeep()
	if !value.IsWhollyKnown() {
		return cty.NilVal, x.wrong("the result is not known")
	}
	return value, nil
}

// rehearse evaluates with all variables unknown.
func (x *Expr) rehearse() (value cty.Value, diags hcl.Diagnostics) {
	defer func() {
		if recover() != nil {
			value, diags = cty.DynamicVal, nil
		}
	}()
	variables := make(map[string]cty.Value, len(x.names))
	for _, name := range x.names {
		variables[name] = cty.DynamicVal
	}
	return x.syntax.Value(x.context(variables, changedUnknown))
}

func (x *Expr) context(variables map[string]cty.Value, changed func(string) cty.Value) *hcl.EvalContext {
	ctx := x.eval.NewChild()
	ctx.Variables = variables
	if x.changes {
		ctx.Functions = map[string]function.Function{changedName: changedFunction(changed)}
	}
	return ctx
}

// variables builds a value for each path that the expression reads.
func (x *Expr) variables(scope Scope) (map[string]cty.Value, error) {
	variables := make(map[string]cty.Value, len(x.refs))
	for i, ref := range x.refs {
		value, err := valueOf(scope.Read(ref))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ref, err)
		}
		variables[x.names[i]] = value
	}
	return variables, nil
}

// wrong is an error of evaluation, with the place of the expression.
func (x *Expr) wrong(reason string) error { return wrongAt(x.at, reason) }

func wrongAt(at hcl.Range, reason string) error {
	return fmt.Errorf("evaluate %s:%d: %w", at.Filename, at.Start.Line, errors.New(reason))
}

// maxReason bounds the text of an error.
const maxReason = 500

// failed says in one line what went wrong, and in which part of the expression; where secrets are involved, only
// in general.
func (x *Expr) failed(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		at := x.at
		if d.Subject != nil {
			at = *d.Subject
		}
		return wrongAt(at, x.reason(d))
	}
	return x.wrong("unknown cause")
}

func (x *Expr) reason(d *hcl.Diagnostic) string {
	reason := d.Summary
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); ok {
		reason = "call " + call.CalledFunctionName()
	}
	if x.sensitive {
		return reason
	}
	return bounded(reason + ": " + d.Detail)
}

func bounded(text string) string {
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}
