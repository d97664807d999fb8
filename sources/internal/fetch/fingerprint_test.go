package fetch_test

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

func TestAnExpressionIsWrittenDownByWhatItSaysAndNotByWhereItStands(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{
		`item.id`, `item.no`, `item["id x"]`, `item[0]`, `item[1]`, `item.a.id`, `"${item.a}/${item.b}"`,
		`"${item.b}/${item.a}"`, `"${item.a}-${item.b}"`, `item.a + item.b`, `item.a - item.b`, `item.a > 1`,
		`item.a >= 1`, `item.a > 2`, `!item.a`, `-item.a`, `lower(item.a)`, `upper(item.a)`, `lower(item.a...)`,
		`item.a == null ? "x" : "y"`, `item.a == null ? "y" : "x"`, `[for v in item.l : v.id]`,
		`[for v in item.l : v.no]`, `item.l[*].id`, `item.l[*].no`, `{ a = item.a }`, `{ b = item.a }`, `(item.id)`,
	} {
		first := fetch.Source(parse(t, text, hcl.InitialPos))
		second := fetch.Source(parse(t, text, hcl.Pos{Line: 7, Column: 3, Byte: 99}))
		if first != second {
			t.Errorf("%s: written down as %q, and elsewhere as %q", text, first, second)
		}
		if other, ok := seen[first]; ok {
			t.Errorf("%s and %s are both %q", text, other, first)
		}
		seen[first] = text
	}
}

func parse(t *testing.T, text string, at hcl.Pos) hcl.Expression {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(text), "x.hcl", at)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return x
}
