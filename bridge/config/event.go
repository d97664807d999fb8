package config

import (
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

type eventBlock struct {
	Type   string         `hcl:"type,label"`
	TypeAt hcl.Range      `hcl:"type,label_range"`
	At     hcl.Range      `hcl:",def_range"`
	When   hcl.Expression `hcl:"when,optional"`
	Data   hcl.Expression `hcl:"data,optional"`
	Sinks  hcl.Expression `hcl:"sinks,optional"`
}

func (l *loader) readEvents(u *unit, blocks []eventBlock, otherwise []store.Recipient) []poll.EventRule {
	var rules []poll.EventRule
	for _, b := range blocks {
		checkType(u, b)
		rule := poll.EventRule{Type: b.Type, When: readExpr(u, b.When), Data: readExpr(u, b.Data), To: otherwise}
		checkCondition(u, b.When, rule.When)
		if setting.Given(b.Sinks) {
			rule.To = l.targets(u, b.Sinks)
		}
		rules = append(rules, rule)
	}
	return rules
}

func checkType(u *unit, b eventBlock) {
	if !regexp.MustCompile(`^[A-Za-z0-9_.-]+$`).MatchString(b.Type) || len(b.Type) > maxName {
		u.Report(setting.Wrong(b.TypeAt, "Invalid type of event",
			"A type consists of letters, digits, dots, hyphens and underscores, %d at most.", maxName))
	}
}

// readExpr compiles an expression over a change; nil where none is given. It goes to everyone who gets the
// event, or decides who does, so that secrets have no place in it.
func readExpr(u *unit, x hcl.Expression) *expr.Expr {
	if !setting.Given(x) {
		return nil
	}
	compiled, diags := expr.Compile(x, u.eval, "before", "after", "change", "key")
	u.Report(diags)
	if diags.HasErrors() {
		return nil
	}
	if compiled.Sensitive() {
		u.Fail(x, "Secret in an event",
			"Events are kept and shown, so that they cannot hold what depends on a secret. "+
				"Wrap the value as nonsensitive(…) if it is none.")
	}
	return compiled
}

// checkCondition evaluates a condition that reads nothing of the change.
func checkCondition(u *unit, x hcl.Expression, when *expr.Expr) {
	if when == nil || len(when.Refs()) > 0 {
		return
	}
	if _, err := when.Bool(expr.Scope{}); err != nil {
		u.Fail(x, "Invalid condition", "It must be true or false.")
	}
}

// checkReach refuses a source whose events reach no one, and each event block for which that is so.
func (l *loader) checkReach(u *unit, settings poll.Settings, blocks []eventBlock) {
	if l.broken || u.lost {
		return
	}
	heard := func(rule poll.EventRule) bool { return len(rule.To) > 0 }
	if len(settings.To) == 0 && !slices.ContainsFunc(settings.Events, heard) {
		u.Report(setting.Wrong(u.block.DefRange, "Source without a sink",
			"No one would get its events: name who does, such as sinks = [sink.NAME]."))
		return
	}
	for i, rule := range settings.Events {
		if !heard(rule) {
			u.Report(setting.Wrong(blocks[i].At, "Event without a sink",
				"No one would get it: name sinks in the block, or in the source."))
		}
	}
}

// reach lists who gets what.
func reach(rules []poll.EventRule) [][]store.Recipient {
	var all [][]store.Recipient
	for _, rule := range rules {
		all = append(all, rule.To)
	}
	return all
}

// buried says who hears of deliveries that are dead letters from the start, which only events with expressions
// are.
func (l *loader) buried(rules []poll.EventRule) (heard map[string][]store.Recipient) {
	for _, rule := range rules {
		for _, to := range rule.To {
			health := l.sinks[to.Sink].health
			if len(health) > 0 && heard == nil {
				heard = map[string][]store.Recipient{}
			}
			if len(health) > 0 {
				heard[to.Sink] = health
			}
		}
	}
	return heard
}
