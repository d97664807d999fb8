package config

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// maxName bounds the names of blocks and the types of events.
const maxName = 128

// declared is a sink that sources may refer to.
type declared struct {
	at     hcl.Range
	order  store.Order
	health []store.Recipient // who hears of it
	used   atomic.Bool
}

// checkName refuses a name that cannot stand in a reference.
func checkName(u *unit) {
	name, at := u.name(), u.nameAt()
	if !validName(name) {
		u.Report(setting.Wrong(at, "Invalid name",
			"A name starts with a letter and goes on with letters, digits and underscores, %d at most.", maxName))
	}
}

// checkUnique refuses a name that another block of the type has.
func checkUnique(u *unit, first map[string]hcl.Range) bool {
	name, at := u.name(), u.nameAt()
	if earlier, found := first[name]; found {
		u.Report(setting.Wrong(at, "Duplicate "+u.block.Type,
			"Another %s is named %q, at %s: rename one of the two.", u.block.Type, name, place(earlier)))
		return false
	}
	first[name] = at
	return true
}

// targets reads a reference to a sink, or a list of them; nil where none is given.
func (l *loader) targets(u *unit, x hcl.Expression) []store.Recipient {
	if !setting.Given(x) {
		return nil
	}
	elements, diags := hcl.ExprList(x)
	if diags.HasErrors() {
		elements = []hcl.Expression{x}
	}
	targets := make([]store.Recipient, 0, len(elements))
	for _, element := range elements {
		target, ok := l.target(u, element)
		u.lost = u.lost || !ok
		if ok && slices.Contains(targets, target) {
			u.Report(warning(element.Range(), "Duplicate reference", "The list names sink.%s twice.", target.Sink))
		} else if ok {
			targets = append(targets, target)
		}
	}
	return targets
}

func (l *loader) target(u *unit, x hcl.Expression) (store.Recipient, bool) {
	name, ok := referenceTo("sink", x)
	if !ok {
		u.Fail(x, "Invalid reference", "Refer to a sink as sink.NAME, without quotes.%s", l.meant(x))
		return store.Recipient{}, false
	}
	sink := l.sinks[name]
	if sink == nil {
		if !l.broken {
			u.Fail(x, "Unknown sink", "No sink named %q is declared.%s", name, setting.Suggest(name, l.sinkNames()))
		}
		return store.Recipient{}, false
	}
	sink.used.Store(true)
	return store.Recipient{Sink: name, Order: sink.order}, true
}

func (l *loader) sinkNames() []string { return slices.Sorted(maps.Keys(l.sinks)) }

// referenceTo reads block.NAME.
func referenceTo(block string, x hcl.Expression) (string, bool) {
	traversal, diags := hcl.AbsTraversalForExpr(x)
	if diags.HasErrors() || len(traversal) != 2 || traversal.RootName() != block {
		return "", false
	}
	step, ok := traversal[1].(hcl.TraverseAttr)
	return step.Name, ok
}

// meant guesses at what stands in the place of a reference to a sink.
func (l *loader) meant(x hcl.Expression) string { return l.known(nameIn(x)) }

// nameIn returns the name that was probably meant: one in quotes, or one under a near word.
func nameIn(x hcl.Expression) string {
	if text, ok := x.(*hclsyntax.TemplateExpr); ok && text.IsStringLiteral() {
		name, _ := text.Value(nil)
		return name.AsString()
	}
	traversal, _ := hcl.AbsTraversalForExpr(x)
	if len(traversal) == 2 {
		if step, ok := traversal[1].(hcl.TraverseAttr); ok {
			return step.Name
		}
	}
	return ""
}

func (l *loader) known(name string) string {
	if l.sinks[name] == nil {
		return ""
	}
	return " Did you mean sink." + name + "?"
}
