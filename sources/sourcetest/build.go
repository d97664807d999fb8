package sourcetest

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Secret is what the function env of a test's config returns. It takes on another look in every escaping,
// and [Marker] stays in all of them.
const Secret = "hush+/" + Marker + "&<t>%"

// Marker is the part of a secret that must not show anywhere.
const Marker = "mark3r"

// Eval returns the functions that a config of a test may call: those of the language, and env, which yields
// the secret whatever name it is given.
func Eval() *hcl.EvalContext {
	functions := maps.Clone(expr.Functions())
	functions["env"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.StringVal(Secret).Mark(setting.Sensitive), nil
		},
	})
	return &hcl.EvalContext{Functions: functions}
}

// Build makes a source of the body of a block.
func Build(kind bridge.Kind[bridge.Source], config string, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
	file, diags := hclsyntax.ParseConfig([]byte(config), "source.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	if env.Eval == nil {
		env.Eval = Eval()
	}
	return kind.New(file.Body, env)
}

// MustBuild is [Build] for a config that has to be right.
func MustBuild(t *testing.T, kind bridge.Kind[bridge.Source], config string, env bridge.Env) bridge.Source {
	t.Helper()
	source, diags := Build(kind, config, env)
	if diags.HasErrors() {
		t.Fatalf("config: %v\n%s", diags, config)
	}
	return source
}

// A Polled is what came of one poll.
type Polled struct {
	Items   []bridge.Item
	Outcome bridge.Outcome
	Err     error
	Trace   []bridge.Exchange
}

// Poll polls once and keeps a copy of what is yielded.
func Poll(ctx context.Context, source bridge.Source, since bridge.Cursor) Polled {
	var p Polled
	keep := func(item bridge.Item) error {
		item.Body = append([]byte(nil), item.Body...)
		p.Items = append(p.Items, item)
		return nil
	}
	if traced, ok := source.(bridge.Traced); ok {
		p.Outcome, p.Err = traced.PollTraced(ctx, since, keep, func(e bridge.Exchange) { p.Trace = append(p.Trace, e) })
	} else {
		p.Outcome, p.Err = source.Poll(ctx, since, keep)
	}
	return p
}

// Keys returns the keys of the items in their order.
func (p Polled) Keys() string {
	keys := make([]string, 0, len(p.Items))
	for _, item := range p.Items {
		keys = append(keys, item.Key)
	}
	return strings.Join(keys, " ")
}
