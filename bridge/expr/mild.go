package expr

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// The nodes of this file stand in for those of hclsyntax where null, a part that is absent, or results of
// different types would be an error there. They keep marks.

// relative is a traversal from the result of another node.
type relative struct {
	*hclsyntax.RelativeTraversalExpr
}

func (n *relative) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := n.Source.Value(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	for _, step := range n.Traversal {
		switch step := step.(type) {
		case hcl.TraverseAttr:
			value = part(value, cty.StringVal(step.Name))
		case hcl.TraverseIndex:
			value = part(value, step.Key)
		}
	}
	return value, diags
}

// indexed is an index that is computed.
type indexed struct{ *hclsyntax.IndexExpr }

func (n *indexed) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	collection, diags := n.Collection.Value(ctx)
	key, more := n.Key.Value(ctx)
	diags = append(diags, more...)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return part(collection, key), diags
}

// part returns the part of a value under a name or a position, null where there is none.
func part(value, key cty.Value) cty.Value {
	value, marks := value.Unmark()
	key, more := key.Unmark()
	return partOf(value, key).WithMarks(marks, more)
}

func partOf(value, key cty.Value) cty.Value {
	kind := value.Type()
	switch {
	case !value.IsKnown() || !key.IsKnown():
		return cty.DynamicVal
	case value.IsNull() || key.IsNull():
		return absent()
	case kind.IsObjectType() || kind.IsMapType():
		return memberOf(value, key)
	case kind.IsTupleType() || kind.IsListType():
		return elementOf(value, key)
	}
	return absent()
}

func absent() cty.Value { return cty.NullVal(cty.DynamicPseudoType) }

func memberOf(value, key cty.Value) cty.Value {
	name, err := convert.Convert(key, cty.String)
	if err != nil {
		return absent()
	}
	if value.Type().IsMapType() {
		return indexOf(value, name)
	}
	if !value.Type().HasAttribute(name.AsString()) {
		return absent()
	}
	return value.GetAttr(name.AsString())
}

func elementOf(value, key cty.Value) cty.Value {
	position, err := convert.Convert(key, cty.Number)
	if err != nil {
		return absent()
	}
	return indexOf(value, position)
}

func indexOf(value, key cty.Value) cty.Value {
	if has := value.HasIndex(key); !has.IsKnown() || has.False() {
		return absent()
	}
	return value.Index(key)
}

// otherwise gives another value in place of null.
type otherwise struct {
	hclsyntax.Expression
	value cty.Value
}

func (n *otherwise) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	value, diags := n.Expression.Value(ctx)
	if value.IsNull() {
		return n.value.WithSameMarks(value), diags
	}
	return value, diags
}

func falseForNull(x hclsyntax.Expression) hclsyntax.Expression { return &otherwise{x, cty.False} }

// ordering is a comparison by order, false where one side is null.
type ordering struct{ *hclsyntax.BinaryOpExpr }

func (n *ordering) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	left, diags := n.LHS.Value(ctx)
	right, more := n.RHS.Value(ctx)
	diags = append(diags, more...)
	if diags.HasErrors() {
		return cty.UnknownVal(cty.Bool), diags
	}
	if left.IsNull() || right.IsNull() {
		return cty.False.WithSameMarks(left, right), diags
	}
	both := *n.BinaryOpExpr
	both.LHS = &hclsyntax.LiteralValueExpr{Val: left, SrcRange: n.LHS.Range()}
	both.RHS = &hclsyntax.LiteralValueExpr{Val: right, SrcRange: n.RHS.Range()}
	return both.Value(ctx)
}

// choice is a condition with two results, which need not be of one type: what an expression gives is JSON, and
// { a = 1 } or {} is a fair choice there, as is a number or a text. Only the one that is taken has to make sense.
type choice struct{ *hclsyntax.ConditionalExpr }

func (n *choice) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	condition, diags := n.condition(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	plain, marks := condition.Unmark()
	taken := n.FalseResult
	switch {
	case !plain.IsKnown():
		return n.either(ctx, marks)
	case plain.True():
		taken = n.TrueResult
	}
	value, more := taken.Value(ctx)
	return value.WithMarks(marks), append(diags, more...)
}

// condition evaluates to true or false.
func (n *choice) condition(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	bare := *n.ConditionalExpr
	bare.TrueResult = &hclsyntax.LiteralValueExpr{Val: cty.True, SrcRange: n.TrueResult.Range()}
	bare.FalseResult = &hclsyntax.LiteralValueExpr{Val: cty.False, SrcRange: n.FalseResult.Range()}
	return bare.Value(ctx)
}

// either evaluates both results, for their mistakes and marks.
func (n *choice) either(ctx *hcl.EvalContext, marks cty.ValueMarks) (cty.Value, hcl.Diagnostics) {
	yes, diags := n.TrueResult.Value(ctx)
	no, more := n.FalseResult.Value(ctx)
	_, first := yes.UnmarkDeep()
	_, second := no.UnmarkDeep()
	return cty.DynamicVal.WithMarks(marks, first, second), append(diags, more...)
}
