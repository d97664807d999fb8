package http

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// templateReader takes the parts of a request that are expressions out of a block, and leaves samples in their
// places, which are read like any other value: so names are checked, and a secret is known for one.
type templateReader struct {
	*setting.Reader
	eval  *hcl.EvalContext
	roots []string // that this block knows
	template
	secrets []string // what of the samples is secret
	hidden  []byte   // a sample of a body that holds a secret
}

// members are the variables that a request may read.
func members() map[string][]string {
	return map[string][]string{"cursor": {"value"}, "page": {"value"}, "each": {"key", "item"}}
}

// rootsOf returns those that have a value in this block.
func rootsOf(b *block, env bridge.Env) []string {
	var roots []string
	if b.Cursor != nil {
		roots = append(roots, "cursor")
	}
	if b.Page != nil && b.Page.valued() {
		roots = append(roots, "page")
	}
	if env.ForEach != "" {
		roots = append(roots, "each")
	}
	return roots
}

// readTemplate replaces the expressions in the block by samples.
func readTemplate(r *setting.Reader, env bridge.Env, b *block) *templateReader {
	t := &templateReader{Reader: r, eval: env.Eval, roots: rootsOf(b, env)}
	t.reads = map[string]bool{}
	if refers(b.URL) {
		b.URL = t.readURL(b.URL, b.Query)
	}
	b.Query, t.query = t.split(b.Query, false)
	b.Headers, t.header = t.split(b.Headers, true)
	if refers(b.Body) {
		t.body = t.compile(b.Body)
		b.Body = t.sampleBody(b.Body)
	}
	return t
}

// conceal tells the settings which texts are secret.
func (t *templateReader) conceal(s *fetch.Settings) {
	s.Conceal(t.secrets...)
	if text, ok := document.Text(t.hidden); ok {
		s.ConcealBody([]byte(text))
	} else if t.hidden != nil {
		s.ConcealBody(t.hidden)
	}
	t.coded = s.Header.Get("Content-Type") == ""
}

// refers reports whether an expression reads a variable of a request.
func refers(x hcl.Expression) bool {
	if x == nil {
		return false
	}
	return slices.ContainsFunc(x.Variables(), func(v hcl.Traversal) bool {
		return members()[v.RootName()] != nil
	})
}

// compile compiles an expression over the variables.
func (t *templateReader) compile(x hcl.Expression) *expr.Expr {
	compiled, diags := expr.Compile(x, t.eval, t.roots...)
	t.Report(diags)
	if diags.HasErrors() {
		return nil
	}
	for _, ref := range compiled.Refs() {
		known := members()[ref.Root]
		if len(ref.Path) == 0 || !slices.Contains(known, ref.Path[0].Name) {
			t.Fail(x, "Unknown variable", "%q is not known here, only %s.", ref.String(), ref.Root+"."+strings.Join(known, ", "+ref.Root+"."))
			return nil
		}
		t.reads[ref.Root] = true
	}
	return compiled
}

// sample evaluates with the same text for each variable; nil where that cannot be done.
func sample(x *expr.Expr, text string) []byte {
	value, err := x.JSON(expr.Scope{Read: func(expr.Ref) []byte { return quote(text) }})
	if err != nil {
		return nil
	}
	return value
}

// readURL checks that no value can change the origin of the URL, and leaves a sample of it.
func (t *templateReader) readURL(x, query hcl.Expression) hcl.Expression {
	stand := func(text string) hcl.Expression { return hcl.StaticExpr(cty.StringVal(text), x.Range()) }
	if t.url = t.compile(x); t.url == nil {
		return stand("http://unknown.invalid/")
	}
	one, two := sampleText(t.url, "1"), sampleText(t.url, "22")
	if origin := originOf(one); origin == "" || origin != originOf(two) {
		t.Fail(x, "Origin unknown", "The URL has to begin with scheme and host, as in "+
			"\"https://api.example.com/items/…\", so that no value can lead credentials elsewhere.")
		return stand("http://unknown.invalid/")
	}
	t.fixed = t.fixedQuery(query)
	if !t.url.Sensitive() {
		return stand(one)
	}
	if bare, err := url.Parse(sampleText(t.url, "")); err == nil {
		t.secrets = append(t.secrets, fetch.Parts(bare)...)
	}
	return hcl.StaticExpr(cty.StringVal(one).Mark(setting.Sensitive), x.Range())
}

func sampleText(x *expr.Expr, text string) string {
	value, err := x.Value(expr.Scope{Read: func(expr.Ref) []byte { return quote(text) }})
	if err != nil || value.IsNull() || value.Type() != cty.String {
		return ""
	}
	return value.AsString()
}

func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return ""
	}
	return fetch.Origin(u)
}

// fixedQuery reads the parameters that are no expressions. What is wrong with them is reported by the client.
func (t *templateReader) fixedQuery(x hcl.Expression) []pair {
	object, ok := x.(*hclsyntax.ObjectConsExpr)
	if ok {
		plain := *object
		plain.Items = slices.DeleteFunc(slices.Clone(object.Items), func(item hclsyntax.ObjectConsItem) bool {
			return refers(item.ValueExpr)
		})
		x = &plain
	}
	values := setting.NewReader(t.eval).SecretMap(x)
	var pairs []pair
	for _, name := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, pair{name, values[name].Reveal()})
	}
	return pairs
}

// split takes the members that are expressions out of an object. A sample is left of each where keep says so.
func (t *templateReader) split(x hcl.Expression, keep bool) (hcl.Expression, []field) {
	if !refers(x) {
		return x, nil
	}
	object, ok := x.(*hclsyntax.ObjectConsExpr)
	if !ok {
		t.Fail(x, "No plain object", "Where values change from request to request, write them as { name = value }.")
		return nil, nil
	}
	rest, fields := *object, []field(nil)
	rest.Items = nil
	for _, item := range object.Items {
		if !refers(item.ValueExpr) {
			rest.Items = append(rest.Items, item)
			continue
		}
		name, value := t.member(item)
		if value == nil {
			continue
		}
		fields = append(fields, field{name, value})
		if keep {
			item.ValueExpr = t.stand(value)
			rest.Items = append(rest.Items, item)
		}
	}
	return &rest, fields
}

func (t *templateReader) member(item hclsyntax.ObjectConsItem) (string, *expr.Expr) {
	name, diags := item.KeyExpr.Value(t.eval)
	if diags.HasErrors() || name.IsMarked() || name.IsNull() || name.Type() != cty.String {
		t.Fail(item.KeyExpr, "No plain name", "The name of a parameter or header is written out.")
		return "", nil
	}
	value := t.compile(item.ValueExpr)
	if value != nil && value.Sensitive() {
		t.secrets = append(t.secrets, sampleText(value, ""))
	}
	return name.AsString(), value
}

func (t *templateReader) stand(x *expr.Expr) hclsyntax.Expression {
	value := cty.StringVal(sampleText(x, "1"))
	if x.Sensitive() {
		value = value.Mark(setting.Sensitive)
	}
	return &hclsyntax.LiteralValueExpr{Val: value, SrcRange: x.Range()}
}

// sampleBody leaves a body that is good for a look at method and headers.
func (t *templateReader) sampleBody(x hcl.Expression) hcl.Expression {
	if t.body != nil && t.body.Sensitive() {
		t.hidden = sample(t.body, "")
	}
	return hcl.StaticExpr(cty.StringVal("{}"), x.Range())
}
