package expr

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// A compiler rewrites the syntax tree of an expression on a copy: each path that starts at a root becomes
// a variable of its own, and the nodes that would fail on null become mild ones.
type compiler struct {
	eval   *hcl.EvalContext
	roots  []string
	strict bool // null in a string template stays an error

	refs  []Ref
	names []string
	index map[string]bool
	diags hcl.Diagnostics

	locals    [][]string // names that for expressions bind, innermost last
	reads     int        // counts what is not known before an event is at hand
	open      int        // depth of nonsensitive(…) around the current node
	sensitive bool
}

func (c *compiler) knows(root string) bool { return slices.Contains(c.roots, root) }

// rewrite returns the rewritten copy of a node. What needs no change is shared with the original.
func (c *compiler) rewrite(x hclsyntax.Expression) hclsyntax.Expression {
	switch x := x.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return c.traversal(x)
	case *hclsyntax.RelativeTraversalExpr:
		return &relative{&hclsyntax.RelativeTraversalExpr{
			Source: c.rewrite(x.Source), Traversal: x.Traversal, SrcRange: x.SrcRange,
		}}
	case *hclsyntax.AnonSymbolExpr:
		c.reads++
		return x
	case *hclsyntax.FunctionCallExpr:
		return c.call(x)
	case *hclsyntax.ParenthesesExpr:
		return &hclsyntax.ParenthesesExpr{Expression: c.rewrite(x.Expression), SrcRange: x.SrcRange}
	}
	return c.rewriteParts(x)
}

func (c *compiler) rewriteParts(x hclsyntax.Expression) hclsyntax.Expression {
	switch x := x.(type) {
	case *hclsyntax.IndexExpr:
		n := *x
		n.Collection, n.Key = c.rewrite(x.Collection), c.rewrite(x.Key)
		return &indexed{&n}
	case *hclsyntax.SplatExpr:
		n := *x
		n.Source, n.Each = c.rewrite(x.Source), c.rewrite(x.Each)
		return &n
	case *hclsyntax.ForExpr:
		return c.loop(x)
	case *hclsyntax.ConditionalExpr:
		n := *x
		n.Condition = falseForNull(c.rewrite(x.Condition))
		n.TrueResult, n.FalseResult = c.rewrite(x.TrueResult), c.rewrite(x.FalseResult)
		return &choice{&n}
	case *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr:
		return c.operation(x)
	}
	return c.rewriteConstructor(x)
}

func (c *compiler) rewriteConstructor(x hclsyntax.Expression) hclsyntax.Expression {
	switch x := x.(type) {
	case *hclsyntax.TupleConsExpr:
		n := *x
		n.Exprs = c.rewriteAll(x.Exprs)
		return &n
	case *hclsyntax.ObjectConsExpr:
		return c.object(x)
	case *hclsyntax.TemplateExpr:
		n := *x
		n.Parts = c.parts(x.Parts)
		return &n
	case *hclsyntax.TemplateJoinExpr:
		return &hclsyntax.TemplateJoinExpr{Tuple: c.rewrite(x.Tuple)}
	case *hclsyntax.TemplateWrapExpr:
		n := *x
		n.Wrapped = c.rewrite(x.Wrapped)
		return &n
	}
	return x
}

func (c *compiler) rewriteAll(all []hclsyntax.Expression) []hclsyntax.Expression {
	rewritten := make([]hclsyntax.Expression, 0, len(all))
	for _, x := range all {
		rewritten = append(rewritten, c.rewrite(x))
	}
	return rewritten
}

// parts rewrites the parts of a string template.
func (c *compiler) parts(all []hclsyntax.Expression) []hclsyntax.Expression {
	rewritten := c.rewriteAll(all)
	for i, part := range all {
		if !c.strict && isTraversal(part) {
			rewritten[i] = &otherwise{rewritten[i], cty.StringVal("")}
		}
	}
	return rewritten
}

func isTraversal(x hclsyntax.Expression) bool {
	switch x.(type) {
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.RelativeTraversalExpr, *hclsyntax.IndexExpr:
		return true
	}
	return false
}

// traversal replaces a path from a root by a variable that stands for it.
func (c *compiler) traversal(x *hclsyntax.ScopeTraversalExpr) hclsyntax.Expression {
	c.reads++
	root := x.Traversal.RootName()
	if c.isLocal(root) {
		first := &hclsyntax.ScopeTraversalExpr{Traversal: x.Traversal[:1], SrcRange: x.SrcRange}
		return &relative{&hclsyntax.RelativeTraversalExpr{
			Source: first, Traversal: x.Traversal[1:], SrcRange: x.SrcRange,
		}}
	}
	if !c.knows(root) {
		c.diags = append(c.diags, unknownRoot(x.SrcRange, root, c.roots)...)
		return x
	}
	steps, diags := stepsOf(x.Traversal[1:])
	c.diags = append(c.diags, diags...)
	name := c.refer(Ref{root, steps})
	return &hclsyntax.ScopeTraversalExpr{
		Traversal: hcl.Traversal{hcl.TraverseRoot{Name: name, SrcRange: x.SrcRange}},
		SrcRange:  x.SrcRange,
	}
}

// refer returns the name of the variable that stands for a path. It is no identifier, unless it is the
// root itself, so that no name that an expression binds can hide it.
func (c *compiler) refer(ref Ref) string {
	name := ref.String()
	if !c.index[name] {
		c.index[name] = true
		c.refs, c.names = append(c.refs, ref), append(c.names, name)
	}
	return name
}

func (c *compiler) isLocal(name string) bool {
	return slices.ContainsFunc(c.locals, func(bound []string) bool { return slices.Contains(bound, name) })
}

func unknownRoot(at hcl.Range, root string, roots []string) hcl.Diagnostics {
	if len(roots) == 0 {
		return setting.Wrong(at, "Unknown variable", "%q is not known here: this takes no variables.", root)
	}
	return setting.Wrong(at, "Unknown variable", "%q is not known here, only %s.%s",
		root, strings.Join(roots, ", "), setting.Suggest(root, roots))
}

func (c *compiler) loop(x *hclsyntax.ForExpr) hclsyntax.Expression {
	n := *x
	n.CollExpr = &otherwise{c.rewrite(x.CollExpr), cty.EmptyTupleVal}
	c.locals = append(c.locals, []string{x.KeyVar, x.ValVar})
	n.ValExpr = c.rewrite(x.ValExpr)
	if x.KeyExpr != nil {
		n.KeyExpr = c.rewrite(x.KeyExpr)
	}
	if x.CondExpr != nil {
		n.CondExpr = falseForNull(c.rewrite(x.CondExpr))
	}
	c.locals = c.locals[:len(c.locals)-1]
	return &n
}

func (c *compiler) operation(x hclsyntax.Expression) hclsyntax.Expression {
	if unary, ok := x.(*hclsyntax.UnaryOpExpr); ok {
		n := *unary
		n.Val = c.rewrite(unary.Val)
		if n.Op == hclsyntax.OpLogicalNot {
			n.Val = falseForNull(n.Val)
		}
		return &n
	}
	n := *x.(*hclsyntax.BinaryOpExpr)
	n.LHS, n.RHS = c.rewrite(n.LHS), c.rewrite(n.RHS)
	switch n.Op {
	case hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr:
		n.LHS, n.RHS = falseForNull(n.LHS), falseForNull(n.RHS)
	case hclsyntax.OpGreaterThan, hclsyntax.OpGreaterThanOrEqual, hclsyntax.OpLessThan, hclsyntax.OpLessThanOrEqual:
		return &ordering{&n}
	}
	return &n
}

// object rewrites an object. A bare word as a key is a literal name, as in HCL.
func (c *compiler) object(x *hclsyntax.ObjectConsExpr) hclsyntax.Expression {
	n := *x
	n.Items = make([]hclsyntax.ObjectConsItem, 0, len(x.Items))
	for _, item := range x.Items {
		n.Items = append(n.Items, hclsyntax.ObjectConsItem{
			KeyExpr: c.key(item.KeyExpr), ValueExpr: c.rewrite(item.ValueExpr),
		})
	}
	return &n
}

func (c *compiler) key(x hclsyntax.Expression) hclsyntax.Expression {
	key, ok := x.(*hclsyntax.ObjectConsKeyExpr)
	if !ok {
		return c.rewrite(x)
	}
	if _, bare := key.Wrapped.(*hclsyntax.ScopeTraversalExpr); bare && !key.ForceNonLiteral {
		return key
	}
	return &hclsyntax.ObjectConsKeyExpr{Wrapped: c.rewrite(key.Wrapped), ForceNonLiteral: true}
}

// call rewrites a function call, and replaces one that reads nothing by what it returns.
func (c *compiler) call(x *hclsyntax.FunctionCallExpr) hclsyntax.Expression {
	if x.Name == changedName {
		c.reads++
		if !c.knows("change") {
			c.diags = append(c.diags, setting.Wrong(x.NameRange, "No change here",
				"The function changed is known only where an event is at hand, in an event block.")...)
		}
	}
	reads := c.reads
	if x.Name == openName {
		c.open++
		defer func() { c.open-- }()
	}
	n := *x
	n.Args = c.rewriteAll(x.Args)
	if c.reads > reads || x.Name == changedName {
		return &n
	}
	return c.fold(&n)
}

func (c *compiler) fold(x *hclsyntax.FunctionCallExpr) hclsyntax.Expression {
	value, diags := x.Value(c.eval)
	if diags.HasErrors() || !value.IsWhollyKnown() {
		return x
	}
	if value.ContainsMarked() && c.open == 0 {
		c.sensitive = true
	}
	return &hclsyntax.LiteralValueExpr{Val: value, SrcRange: x.Range()}
}
