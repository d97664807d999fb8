package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/veil"
)

// build hands the rest of a block to the plugin that its first label names. What the plugin takes for unknown
// may be a core attribute with a slip in it.
func build[P any](l *loader, u *unit, kinds []bridge.Kind[P], rest hcl.Body, core any) (kind bridge.Kind[P], plugin P) {
	kind, found := find(u, kinds)
	if !found || rest == nil {
		return kind, plugin
	}
	env := l.options.Env
	env.Name, env.Eval = u.name(), u.eval
	env.Budget, env.ForEach = l.budgetOf(u), u.parent
	env.Temp = cmp.Or(env.Temp, l.config.State.Temp())
	env.Open = l.saysOpenly(u.block)
	if env.Tape != nil {
		env.Tape = l.label(env.Tape, u)
	}
	env.Refer = func(x hcl.Expression, block string) (*bridge.Shared, hcl.Diagnostics) { return l.refer(u, x, block) }
	plugin, diags := made(u, kind, rest, env)
	u.Report(l.suggest(u.block, diags, core))
	return kind, plugin
}

// made calls the plugin, whose own mistakes become those of the block: a reload must not end what runs.
func made[P any](u *unit, kind bridge.Kind[P], rest hcl.Body, env bridge.Env) (plugin P, diags hcl.Diagnostics) {
	defer func() {
		if value := recover(); value != nil {
			diags = setting.Wrong(u.block.DefRange, "Plugin panicked", "Over this block %s.", veil.Panicked("the kind "+kind.Name, value))
		}
	}()
	plugin, diags = kind.New(rest, env)
	if any(plugin) == nil && !diags.HasErrors() {
		diags = setting.Wrong(u.block.DefRange, "Plugin made nothing", "The kind %q made no %s, and did not say why.", kind.Name, u.block.Type)
	}
	return plugin, diags
}

func find[P any](u *unit, kinds []bridge.Kind[P]) (bridge.Kind[P], bool) {
	given := u.block.Labels[0]
	var names []string
	for _, kind := range kinds {
		if kind.Name == given {
			return kind, true
		}
		names = append(names, kind.Name)
	}
	u.Report(setting.Wrong(u.block.LabelRanges[0], "Unknown kind of "+u.block.Type,
		"There is no kind %q among %s.%s", given, strings.Join(names, ", "), setting.Suggest(given, names)))
	return bridge.Kind[P]{}, false
}

// suggest adds the nearest core name to diagnostics about unknown attributes and blocks that have none.
func (l *loader) suggest(block *hcl.Block, diags hcl.Diagnostics, core any) hcl.Diagnostics {
	if len(diags) == 0 {
		return nil
	}
	schema, _ := gohcl.ImpliedBodySchema(core)
	for _, d := range diags {
		if d.Subject == nil || strings.Contains(d.Detail, "Did you mean") {
			continue
		}
		given := string(l.source(*d.Subject))
		switch d.Summary {
		case "Unsupported argument":
			d.Detail += nearest(given, absent(block, schema.Attributes), types(schema.Blocks), "a block")
		case "Unsupported block type":
			d.Detail += nearest(given, types(schema.Blocks), absent(block, schema.Attributes), "an argument")
		}
	}
	return diags
}

// nearest suggests a name of the right sort, or the other sort where the name is right.
func nearest(given string, names, others []string, other string) string {
	if slices.Contains(others, given) {
		return " Did you mean " + other + " of that name?"
	}
	return setting.Suggest(given, names)
}

// absent names the attributes that the block does not have yet.
func absent(block *hcl.Block, attributes []hcl.AttributeSchema) []string {
	body, _ := block.Body.(*hclsyntax.Body)
	var names []string
	for _, attribute := range attributes {
		if body == nil || body.Attributes[attribute.Name] == nil {
			names = append(names, attribute.Name)
		}
	}
	return names
}

func types(blocks []hcl.BlockHeaderSchema) []string {
	names := make([]string, len(blocks))
	for i, block := range blocks {
		names[i] = block.Type
	}
	return names
}
