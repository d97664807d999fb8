package expr

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// parse reads the text of an expression as if it stood on line 3 of a file.
func parse(t testing.TB, text string) hcl.Expression {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(text), "source.hcl", hcl.Pos{Line: 3, Column: 1})
	if diags.HasErrors() {
		t.Fatalf("parse %s: %s", text, diags)
	}
	return x
}

const hidden = "hunter2-is-the-password"

// functions are those of the configuration, with one that returns a secret and one that fails.
func functions() *hcl.EvalContext {
	all := Functions()
	all["env"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if args[0].AsString() == "MISSING" {
				return cty.NilVal, errors.New("the environment has no MISSING")
			}
			return cty.StringVal(hidden).Mark(setting.Sensitive), nil
		},
	})
	return &hcl.EvalContext{Functions: all}
}

var eventRoots = []string{"before", "after", "change", "key"}

func compiled(t testing.TB, text string) *Expr {
	t.Helper()
	x, diags := Compile(parse(t, text), functions(), eventRoots...)
	if diags.HasErrors() {
		t.Fatalf("compile %s: %s", text, diags)
	}
	return x
}

// over is a scope that reads from one document with a member for each root.
func over(doc string, changed ...string) Scope {
	return Scope{Changed: changed, Read: func(ref Ref) []byte {
		path := append(document.Path{{Kind: document.Member, Name: ref.Root}}, ref.Path...)
		return path.Find([]byte(doc))
	}}
}

const closing = `{"change":"updated","key":"42",
	"before":{"state":"open","labels":[{"name":"bug"}]},
	"after":{"state":"closed","title":"<Ünï> \"x\" & y","n":12345678901234567890123456789.125,"empty":null,"flag":false,
	         "labels":[{"name":"bug","url":"u1"},{"name":"new"}],"nested":{"x y":{"z":1}},"list":[1,2,3]}}`

// Statement D19: filters and templates see before, after, change and key; absent paths read as null.
func TestExpressionsReadAsTheContractSays(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`before.state == "open" && after.state == "closed"`, `true`},
		{`change == "updated" && key == "42"`, `true`},
		{`after`, ``},
		{`after.absent`, `null`},
		{`after.absent.deeper[3]["x"]`, `null`},
		{`after.state.of_a_string`, `null`},
		{`after.labels[7].name`, `null`},
		{`after.list[-1]`, `null`},
		{`after.empty == null && after.absent == null`, `true`},
		{`after.nested["x y"].z`, `1`},
		{`after.n`, `12345678901234567890123456789.125`},
		{`after.n + 0`, `12345678901234567890123456789.125`},
		{`after.title`, `"<Ünï> \"x\" & y"`},
		{`{ number = after.n, title = after.title, none = after.absent }`, `{"none":null,"number":12345678901234567890123456789.125,"title":"<Ünï> \"x\" & y"}`},
		{`{ (after.state) = 1, "k-${key}" = 2 }`, `{"closed":1,"k-42":2}`},
		{`[key, change, after.list]`, `["42","updated",[1,2,3]]`},
		{`after.labels[*].name`, `["bug","new"]`},
		{`after.labels[*].url`, `["u1",null]`},
		{`after.absent[*].name`, `[]`},
		{`after.labels.*.name`, `["bug","new"]`},
		{`after.list[length(after.list) - 1]`, `3`},
		{`after.list[length(after.absent)]`, `1`},
		{`[for l in after.labels : l.url]`, `["u1",null]`},
		{`[for l in after.absent : l.url]`, `[]`},
		{`[for after in after.labels : after.name if after.url]`, ``},
		{`[for l in after.labels : "${after.state}/${l.name}/${l.url}" if l.name != "bug"]`, `["closed/new/"]`},
		{`{ for i, l in after.labels : l.name => i }`, `{"bug":0,"new":1}`},
		{`contains(after.labels[*].name, "new")`, `true`},
		{`contains(after.absent, "new")`, `false`},
		{`"${change}: ${after.title}!"`, `"updated: <Ünï> \"x\" & y!"`},
		{`"${change}: ${after.absent}!"`, `"updated: !"`},
		{`"a ${after.labels[9].name} b ${after.labels[length(after.labels)].name} c"`, `"a  b  c"`},
		{`"%{ for l in after.labels }${l.name},%{ endfor }"`, `"bug,new,"`},
		{`"${after.n}"`, `12345678901234567890123456789.125`},
		{`after.absent > 3 || after.absent <= 3`, `false`},
		{`!after.absent && !after.flag`, `true`},
		{`after.absent && true`, `false`},
		{`after.absent ? 1 : 2`, `2`},
		{`after.state == "closed" ? { a = 1 } : {}`, `{"a":1}`},
		{`after.state == "open" ? { a = 1 } : {}`, `{}`},
		{`after.absent ? after.n : "none"`, `"none"`},
		{`[after.list[0] == 1 ? after.list[0] : "none", after.absent ? [1] : [{ a = 1 }, 2]]`, `[1,[{"a":1},2]]`},
		{`merge({ a = 1 }, after.absent == null ? {} : { b = 2 })`, `{"a":1}`},
		{`after.state == "closed" ? 1 : after.state + 1`, `1`},
		{`after.list[0] < 2 && (after.list[1] >= 2)`, `true`},
		{`-after.list[0]`, `-1`},
		{`coalesce(after.absent, "", "none")`, `"none"`},
		{`coalesce(after.list, "none")`, `[1,2,3]`},
		{`try(tonumber(after.state), 7)`, `7`},
		{`changed("/state")`, `true`},
		{`changed("/labels/1")`, `true`},
		{`changed("/labels/1/name/deeper")`, `true`},
		{`changed("/labels")`, `true`},
		{`changed("")`, `true`},
		{`changed("/sta")`, `false`},
		{`changed("/labels/0")`, `false`},
		{`jsonencode({ q = "<${key}>" })`, `"{\"q\":\"<42>\"}"`},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := compiled(t, test.text).JSON(over(closing, "/state", "/labels/1/name"))
			if test.want == "" {
				if err != nil && !strings.Contains(err.Error(), "source.hcl:3") {
					t.Fatalf("an error without its place: %v", err)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Fatalf("got %s, %v; want %s", got, err, test.want)
			}
		})
	}
}

func TestAnExpressionReadsOnlyThePathsThatItMentions(t *testing.T) {
	x := compiled(t, `before.state == "open" ? [for l in after.labels : l.name if l.id != before.state] : after.a[0]["x y"]`)
	var got []string
	for _, ref := range x.Refs() {
		got = append(got, ref.String())
	}
	want := `[before.state after.labels after.a[0]["x y"]]`
	if fmt.Sprint(got) != want {
		t.Fatalf("refs %v, want %s", got, want)
	}
}

func TestTheSameSyntaxCanBeCompiledTwiceAndUsedConcurrently(t *testing.T) {
	syntax := parse(t, `[for l in after.labels[*].name : "${l}-${after.state}"]`)
	var all []*Expr
	for range 2 {
		x, diags := Compile(syntax, functions(), eventRoots...)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		all = append(all, x)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				got, err := all[i%2].JSON(over(closing))
				if err != nil || string(got) != `["bug-closed","new-closed"]` {
					t.Errorf("got %s, %v", got, err)
				}
			}
		})
	}
	group.Wait()
}

func TestMistakesAreDiagnosticsWhenTheExpressionIsCompiled(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`befor.state == 1`, `"befor" is not known here, only before, after, change, key. Did you mean "before"?`},
		{`lover(after.state)`, `There is no function named "lover"`},
		{`lower(after.state, 2)`, `too many`},
		{`env("MISSING")`, `the environment has no MISSING`},
		{`"${after.state}${env("MISSING")}"`, `the environment has no MISSING`},
		{`changed("state")`, `a JSON Pointer such as /state/name is needed`},
		{`after.list[0.5]`, `a whole number from 0`},
		{`true && { a = 1 }`, `bool required`},
		{`after.state ? lover(after.state) : 1`, `There is no function named "lover"`},
		{`after.state ? 1 : env("MISSING")`, `the environment has no MISSING`},
		{`{ after.state = 1 }`, `wrap it in parentheses`},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, diags := Compile(parse(t, test.text), functions(), eventRoots...)
			if !diags.HasErrors() || !strings.Contains(strings.ToLower(diags.Error()), strings.ToLower(test.want)) {
				t.Fatalf("got %v, want %q in it", diags, test.want)
			}
			for _, d := range diags {
				if d.Subject == nil || d.Subject.Start.Line != 3 {
					t.Errorf("%s: without its place", d)
				}
				if d.EvalContext != nil || d.Expression != nil {
					t.Errorf("%s: values would be printed", d)
				}
			}
		})
	}
}

func TestAllUnknownVariablesAreReportedAtOnce(t *testing.T) {
	_, diags := Compile(parse(t, `foo.a == bar.b || baz`), nil, "item")
	if len(diags) != 3 {
		t.Fatalf("got %d diagnostics: %v", len(diags), diags)
	}
}

func TestChangedIsKnownOnlyWhereThereIsAChange(t *testing.T) {
	_, diags := Compile(parse(t, `changed("/state")`), functions(), "item")
	if !diags.HasErrors() || !strings.Contains(diags.Error(), "event block") {
		t.Fatalf("got %v", diags)
	}
}

func TestAFilterIsTrueFalseOrNullWhichIsFalse(t *testing.T) {
	for text, want := range map[string]bool{`after.flag`: false, `after.absent`: false, `!after.flag`: true} {
		if got, err := compiled(t, text).Bool(over(closing)); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	if _, err := compiled(t, `after.state`).Bool(over(closing)); err == nil {
		t.Error("a string was taken for true or false")
	}
}

func TestJSONThatIsNotValidIsAnError(t *testing.T) {
	scope := Scope{Read: func(Ref) []byte { return []byte(`{"a":`) }}
	if _, err := compiled(t, `after`).Value(scope); err == nil {
		t.Fatal("no error")
	}
}

func TestNumbersKeepEveryDigit(t *testing.T) {
	for _, number := range []string{
		"0", "-1", "9007199254740993", "0.1", "123456789012345678901234567890.12345678901234567890",
		strings.Repeat("7", 400), "0." + strings.Repeat("3", 300), "1.5e+300", "2.5e-200",
	} {
		got, err := compiled(t, `after`).JSON(over(`{"after":` + number + `}`))
		same := document.NewComparer(document.Rules{}, 1)
		if err != nil || same.Digest(got) != same.Digest([]byte(number)) {
			t.Errorf("%s became %s, %v", number, got, err)
		}
	}
}

func TestWithoutAContextExpressionsHaveNoFunctions(t *testing.T) {
	x, diags := Compile(parse(t, `item.a == 1`), nil, "item")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got, err := x.Bool(over(`{"item":{"a":1.0}}`)); err != nil || !got {
		t.Fatalf("got %v, %v", got, err)
	}
}
