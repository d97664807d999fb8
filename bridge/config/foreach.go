package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// referToParent reads for_each = source.NAME.
func (l *loader) referToParent(u *unit, x hcl.Expression) {
	if !setting.Given(x) {
		return
	}
	name, ok := referenceTo("source", x)
	switch {
	case !l.listsForEach(u):
		u.Fail(x, "Unsupported argument", "A source of the kind %q lists once, and not for each item of another.", u.block.Labels[0])
	case !ok:
		u.Fail(x, "Invalid reference", "Refer to a source as source.NAME, without quotes.")
	case !slices.Contains(l.sourceNames(), name):
		if !l.broken {
			u.Fail(x, "Unknown source", "No source named %q is declared.%s", name, setting.Suggest(name, l.sourceNames()))
		}
	default:
		l.checkCircle(u, x, name)
		u.parent = name
	}
}

// listsForEach reports whether the kind of a source can; of one that is unknown nothing is told here.
func (l *loader) listsForEach(u *unit) bool {
	for _, kind := range l.options.Kinds.Sources {
		if kind.Name == u.block.Labels[0] {
			return kind.ForEach
		}
	}
	return true
}

func (l *loader) sourceNames() []string {
	var names []string
	for _, block := range l.blocks["source"] {
		names = append(names, block.Labels[1])
	}
	return names
}

// checkCircle refuses a source that waits, in the end, for its own items.
func (l *loader) checkCircle(u *unit, x hcl.Expression, parent string) {
	own := u.block.Labels[1]
	way := []string{"source." + own}
	for seen := map[string]bool{}; parent != "" && !seen[parent]; parent = l.parentOf(parent) {
		way = append(way, "source."+parent)
		if parent == own {
			u.Fail(x, "Sources in a circle", "Each would wait for the items of another: %s.", strings.Join(way, " for "))
			return
		}
		seen[parent] = true
	}
}

// parentOf is the source that another one's for_each names.
func (l *loader) parentOf(name string) string {
	for _, block := range l.blocks["source"] {
		if block.Labels[1] != name {
			continue
		}
		body, ok := l.unfold(block).Body.(*hclsyntax.Body)
		if !ok || body.Attributes["for_each"] == nil {
			continue
		}
		parent, _ := referenceTo("source", body.Attributes["for_each"].Expr)
		return parent
	}
	return ""
}
