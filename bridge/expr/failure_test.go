package expr

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Statement D19: an expression that fails at run time is an error with its place, never a crash.
func TestAFailureAtRunTimeIsAnErrorWithItsPlace(t *testing.T) {
	for _, text := range []string{
		`after.state + 1`, `lower(after.list)`, `regex("x", after.state)`, `after.absent + 1`, `1 / (after.list[0] - 1)`,
		`[for l in after.state : l]`, `join(",", after.labels)`, `"x${after.labels}"`, `after.state ? 1 : 2`,
		`formatdate("YYYY", after.state)`, `substr(after.absent, 0, 1)`, `{ (after.absent) = 1 }`, `after.huge * 2`,
	} {
		t.Run(text, func(t *testing.T) {
			scope := over(strings.Replace(closing, `"flag"`, `"huge":1e999999999,"flag"`, 1))
			_, err := compiled(t, text).JSON(scope)
			if err == nil || !strings.HasPrefix(err.Error(), "evaluate source.hcl:3: ") {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// D19: of an expression over several lines, the place is that of the part that failed.
func TestAFailureInAnObjectOfSeveralLinesNamesTheLine(t *testing.T) {
	x := compiled(t, "{\n  title = after.title\n  count = after.list[0]\n  sum   = after.state + 1\n}")
	if _, err := x.JSON(over(closing)); err == nil || !strings.HasPrefix(err.Error(), "evaluate source.hcl:6: Invalid operand") {
		t.Errorf("got %v", err)
	}
}

// crash is an expression that panics, as a library may on a value it does not expect.
type crash struct{ *hclsyntax.LiteralValueExpr }

func (crash) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	panic("unexpected value " + hidden)
}

// Statement D19.
func TestAPanicOfALibraryIsAnError(t *testing.T) {
	x := compiled(t, `after.state`)
	x.syntax = crash{}
	if _, err := x.Value(over(closing)); err == nil || strings.Contains(err.Error(), hidden) {
		t.Fatalf("got %v", err)
	}
}

// D19: where several calls stand on one line, the error says which it was; of a secret it says no more.
func TestAFailureOfACallNamesTheFunction(t *testing.T) {
	for text, want := range map[string]string{
		`upper(lower(after.list))`:                   `evaluate source.hcl:3: call lower: Invalid value for "str" parameter: string required`,
		`"${join(",", after.absent)}${after.state}"`: `evaluate source.hcl:3: call join: Invalid value`,
		`"${upper(after.list)}${env("X")}"`:          `evaluate source.hcl:3: call upper`,
	} {
		_, err := compiled(t, text).JSON(over(closing))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(text, "env") != (err.Error() == want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
