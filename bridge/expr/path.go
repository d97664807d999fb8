package expr

import (
	"math"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Path compiles a bare traversal of the root, with [*] steps allowed if each.
func Path(x hcl.Expression, root string, each bool) (document.Path, hcl.Diagnostics) {
	r := pathReader{root: root, each: each}
	syntax, ok := x.(hclsyntax.Expression)
	if !ok {
		return nil, r.noPath(x.Range())
	}
	steps := r.steps(syntax)
	if r.diags.HasErrors() {
		return nil, r.diags
	}
	return steps, nil
}

// Paths compiles a list of bare traversals of the root, with [*] steps.
func Paths(x hcl.Expression, root string) ([]document.Path, hcl.Diagnostics) {
	list, ok := x.(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil, setting.Wrong(x.Range(), "No list of paths",
			"This takes a list of paths such as [%s.a, %s.b[*].c].", root, root)
	}
	var diags hcl.Diagnostics
	paths := make([]document.Path, 0, len(list.Exprs))
	for _, element := range list.Exprs {
		path, more := Path(element, root, true)
		paths, diags = append(paths, path), append(diags, more...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return paths, nil
}

// pathReader turns syntax into steps and gathers what is wrong with it.
type pathReader struct {
	root  string
	each  bool
	diags hcl.Diagnostics
}

func (r *pathReader) steps(x hclsyntax.Expression) document.Path {
	switch x := x.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		if name := x.Traversal.RootName(); name != r.root {
			r.diags = append(r.diags, unknownRoot(x.SrcRange, name, []string{r.root})...)
		}
		return r.traversal(nil, x.Traversal[1:])
	case *hclsyntax.RelativeTraversalExpr:
		return r.traversal(r.steps(x.Source), x.Traversal)
	case *hclsyntax.SplatExpr:
		return r.splat(x)
	case *hclsyntax.AnonSymbolExpr:
		return nil
	case *hclsyntax.ParenthesesExpr:
		return r.steps(x.Expression)
	}
	r.diags = append(r.diags, r.noPath(x.Range())...)
	return nil
}

func (r *pathReader) traversal(before document.Path, traversal hcl.Traversal) document.Path {
	steps, diags := stepsOf(traversal)
	r.diags = append(r.diags, diags...)
	return append(before, steps...)
}

func (r *pathReader) splat(x *hclsyntax.SplatExpr) document.Path {
	switch {
	case !r.each:
		r.diags = append(r.diags, setting.Wrong(x.MarkerRange, "No single value",
			"This takes the path of one value: [*] stands for many.")...)
	case x.MarkerRange.End.Byte-x.MarkerRange.Start.Byte < len("[*]"):
		r.diags = append(r.diags, setting.Wrong(x.MarkerRange, "Unknown step",
			"Each element of an array is written as [*].")...)
	}
	steps := append(r.steps(x.Source), document.Step{Kind: document.Each})
	return append(steps, r.steps(x.Each)...)
}

func (r *pathReader) noPath(at hcl.Range) hcl.Diagnostics {
	example := r.root + ".labels[0].name"
	if r.each {
		example = r.root + ".labels[*].name"
	}
	return setting.Wrong(at, "No path",
		"This takes a bare path such as %s: no operators, functions or templates.", example)
}

// stepsOf turns what follows the root of a traversal into steps.
func stepsOf(traversal hcl.Traversal) (document.Path, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	var path document.Path
	for _, t := range traversal {
		step, ok := stepOf(t)
		if !ok {
			diags = append(diags, setting.Wrong(t.SourceRange(), "Unknown step",
				"A step of a path is a name, or in brackets a whole number from 0 or a quoted name.")...)
		}
		path = append(path, step)
	}
	return path, diags
}

func stepOf(t hcl.Traverser) (document.Step, bool) {
	switch t := t.(type) {
	case hcl.TraverseAttr:
		return document.Step{Kind: document.Member, Name: t.Name}, true
	case hcl.TraverseIndex:
		if t.Key.Type() == cty.String {
			return document.Step{Kind: document.Member, Name: t.Key.AsString()}, true
		}
		if t.Key.Type() == cty.Number {
			index, accuracy := t.Key.AsBigFloat().Int64()
			ok := accuracy == 0 && index >= 0 && index <= math.MaxInt32
			return document.Step{Kind: document.Element, Index: int(index)}, ok
		}
	}
	return document.Step{}, false
}
