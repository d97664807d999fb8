package expr

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

func TestAnExpressionKnowsWhetherItDependsOnASecret(t *testing.T) {
	for text, want := range map[string]bool{
		`env("X")`:                                         true,
		`{ a = { b = [env("X")] } }`:                       true,
		`"Bearer ${env("X")}"`:                             true,
		`after.state == "open" ? env("X") : "y"`:           true,
		`try(after.state, env("X"))`:                       true,
		`[for l in after.labels : env("X")]`:               true,
		`{ for l in after.labels : l.name => env("X") }`:   true,
		`length(env("X")) > 3`:                             true,
		`sha256(env("X"))`:                                 true,
		`jsonencode({ a = env("X") })`:                     true,
		`coalesce(after.state, env("X"))`:                  true,
		`env("X") == after.state`:                          true,
		`nonsensitive(env("X"))`:                           false,
		`nonsensitive("${env("X")}-${after.state}")`:       false,
		`[for l in after.labels : nonsensitive(env("X"))]`: false,
		`after.state`:                                      false,
	} {
		if got := compiled(t, text).Sensitive(); got != want {
			t.Errorf("%s: sensitive is %v", text, got)
		}
	}
}

func TestASensitiveValueComesOutOnlyAsTheValue(t *testing.T) {
	got, err := compiled(t, `{ text = "t ${env("X")}", n = after.absent }`).JSON(over(closing))
	if err != nil || string(got) != `{"n":null,"text":"t `+hidden+`"}` {
		t.Fatalf("got %s, %v", got, err)
	}
}

func TestNoErrorShowsASecret(t *testing.T) {
	for _, text := range []string{
		`tonumber(env("X"))`, `env("X") + 1`, `jsondecode(env("X"))`, `regex("^[0-9]+$", env("X"))`, `lower([env("X")])`,
		`formatdate("YYYY", env("X"))`, `formatdate(env("X"), after.state)`, `lookup({ a = 1 }, env("X"))`, `format(env("X"), 1, 2)`,
		`{ a = 1 }[env("X")]`, `after.list[env("X")]`, `env("X") ? 1 : 2`, `[for l in env("X") : l]`, `after[env("X")] + 1`,
		`regex(env("X"), after.state)`, `regex("(${env("X")}", after.state)`, `tonumber("${env("X")}${after.state}")`,
		`nonsensitive(tonumber(env("X")))`, `try(tonumber(env("X")))`, `merge(env("X"), after)`,
		`replace(after.state, "/(${env("X")}/", "")`, `substr(after.state, env("X"), 1)`, `{ (env("X")) = after.absent + 1 }`,
		`{ for l in after.labels : env("X") => l }`, `"${env("X")}${after.labels}"`, `jsondecode("{${env("X")}")`,
		`min(env("X"), after.list[0])`, `formatdate("'${env("X")}", "2026-01-01T00:00:00Z")`,
	} {
		t.Run(text, func(t *testing.T) {
			x, diags := Compile(parse(t, text), functions(), eventRoots...)
			if strings.Contains(diags.Error(), "hunter2") {
				t.Fatalf("shown when compiled: %s", diags)
			}
			if diags.HasErrors() {
				return
			}
			if _, err := x.JSON(over(closing)); err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("shown when evaluated: %s", err)
			}
		})
	}
}

// What depends on a secret only once an event is at hand is refused, since nobody was asked about it before.
func TestASecretThatCouldNotBeForeseenIsRefused(t *testing.T) {
	x := compiled(t, `[env(after.state)]`)
	if got, err := x.JSON(over(closing)); err == nil || strings.Contains(err.Error(), hidden) {
		t.Fatalf("got %s, %v", got, err)
	}
}

// A secret is read when the configuration is loaded, and not again for each event.
func TestWhatReadsNoVariableIsReadOnce(t *testing.T) {
	calls := 0
	eval := functions()
	eval.Functions["clock"] = function.New(&function.Spec{
		Type: function.StaticReturnType(cty.Number),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			calls++
			return cty.NumberIntVal(int64(calls)), nil
		},
	})
	x, diags := Compile(parse(t, `"${clock()}-${after.state}"`), eval, eventRoots...)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for range 3 {
		if got, err := x.JSON(over(closing)); err != nil || string(got) != `"1-closed"` {
			t.Fatalf("got %s, %v", got, err)
		}
	}
}

func TestAFunctionThatPanicsShowsNoStack(t *testing.T) {
	f := Discreet(function.New(&function.Spec{
		Params: []function.Parameter{{Name: "x", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl:   func([]cty.Value, cty.Type) (cty.Value, error) { panic("index out of range") },
	}))
	_, err := f.Call([]cty.Value{cty.StringVal("x")})
	if err == nil || strings.Contains(err.Error(), "goroutine") {
		t.Fatalf("got %v", err)
	}
}
