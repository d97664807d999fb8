package config

import (
	"math"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

type sourceBlock struct {
	ForEach    hcl.Expression `hcl:"for_each,optional"`
	Every      hcl.Expression `hcl:"every,optional"`
	Cron       hcl.Expression `hcl:"cron,optional"`
	Zone       hcl.Expression `hcl:"zone,optional"`
	Jitter     hcl.Expression `hcl:"jitter,optional"`
	Timeout    hcl.Expression `hcl:"timeout,optional"`
	Initial    hcl.Expression `hcl:"initial,optional"`
	Duplicates hcl.Expression `hcl:"on_duplicate_key,optional"`
	Budget     hcl.Expression `hcl:"budget,optional"`
	Sinks      hcl.Expression `hcl:"sinks,optional"`
	Health     hcl.Expression `hcl:"health,optional"`
	Previous   hcl.Expression `hcl:"previous,optional"`
	Adapt      *adaptBlock    `hcl:"adapt,block"`
	Windows    []windowBlock  `hcl:"window,block"`
	Expect     *expectBlock   `hcl:"expect,block"`
	Compare    *compareBlock  `hcl:"compare,block"`
	Guard      *guardBlock    `hcl:"guard,block"`
	Events     []eventBlock   `hcl:"event,block"`
	Rest       hcl.Body       `hcl:",remain"`
}

type compareBlock struct {
	Ignore hcl.Expression `hcl:"ignore,optional"`
	Watch  hcl.Expression `hcl:"watch,optional"`
	Sets   hcl.Expression `hcl:"sets,optional"`
	Settle hcl.Expression `hcl:"settle,optional"`
}

type guardBlock struct {
	MaxDeletes   hcl.Expression `hcl:"max_deletes,optional"`
	MaxEvents    hcl.Expression `hcl:"max_events,optional"`
	ConfirmPolls hcl.Expression `hcl:"confirm_polls,optional"`
}

func (l *loader) readSources() {
	l.defaults.health = l.targets(l.defaults.unit, l.defaults.healthAt)
	l.close(l.defaults.unit)
	l.config.SourceNames = l.sourceNames()
	units := l.enlistSources()
	settings := make([]poll.Settings, len(units))
	side(len(units), func(i int) { settings[i] = l.readUnfolded(units[i]) })
	first := map[string]hcl.Range{}
	for i, u := range units {
		checkName(u)
		if checkUnique(u, first) {
			l.config.Sources = append(l.config.Sources, settings[i])
		}
		l.close(u)
	}
	l.judgePredecessors(units, first)
}

func (l *loader) enlistSources() []*unit {
	var units []*unit
	for _, block := range l.blocks["source"] {
		if l.only == "" || block.Labels[1] == l.only {
			units = append(units, l.enlist(block))
		}
	}
	return units
}

// maxPolls bounds how many polls in a row something may take to count.
const maxPolls = 1000

func (l *loader) readSource(u *unit) poll.Settings {
	var b sourceBlock
	u.decode(&b)
	l.referToBudget(u, b.Budget)
	l.referToParent(u, b.ForEach)
	kind, source := build(l, u, l.options.Kinds.Sources, b.Rest, sourceBlock{})
	settings := poll.Settings{
		Name:    u.block.Labels[1],
		Kind:    kind.Name,
		Source:  source,
		Jitter:  u.Duration(b.Jitter, 0, 0, 24*time.Hour),
		Timeout: u.Duration(b.Timeout, DefaultTimeout, time.Second, 24*time.Hour),
		Emit:    u.OneOf(b.Initial, "baseline", "baseline", "emit") == "emit",
		Rules:   readRules(u, b.Compare),
		Twice:   readDuplicates(u, b.Duplicates, kind.Repeats),
		Guard:   readGuard(u, b.Guard),
		Expect:  readExpect(u, b.Expect),
		To:      l.targets(u, b.Sinks),
		Health:  l.targets(u, b.Health),
	}
	l.readSchedule(u, &b, &settings)
	settings.Previous = readPrevious(u, b.Previous)
	if b.Compare != nil {
		settings.Settle = u.Int(b.Compare.Settle, 0, 1, maxPolls)
	}
	if !setting.Given(b.Health) {
		settings.Health = l.defaults.health
	}
	settings.Events = l.readEvents(u, b.Events, settings.To)
	settings.Buried = l.buried(settings.Events)
	l.checkReach(u, settings, b.Events)
	settings.Version = l.version(u, settings.Every, settings.Health, settings.To, reach(settings.Events), settings.Buried, u.budget.lent(),
		u.lent)
	return settings
}

func readRules(u *unit, b *compareBlock) document.Rules {
	if b == nil {
		return document.Rules{}
	}
	return document.Rules{
		Ignore: readPaths(u, b.Ignore),
		Watch:  readPaths(u, b.Watch),
		Sets:   readPaths(u, b.Sets),
	}
}

func readPaths(u *unit, x hcl.Expression) []document.Path {
	if !setting.Given(x) {
		return nil
	}
	paths, diags := expr.Paths(x, "item")
	u.Report(diags)
	return paths
}

// readDuplicates reads what to do with a key that comes twice; by default it fails the poll, unless it lies
// in the nature of the kind.
func readDuplicates(u *unit, x hcl.Expression, repeats bool) poll.Duplicates {
	otherwise := "error"
	if repeats {
		otherwise = "first"
	}
	return map[string]poll.Duplicates{
		"error": poll.DuplicatesFail, "first": poll.DuplicatesFirst, "last": poll.DuplicatesLast,
	}[u.OneOf(x, otherwise, "error", "first", "last")]
}

func readGuard(u *unit, b *guardBlock) poll.Guard {
	guard := poll.Guard{MaxDeletes: poll.DefaultMaxDeletes()}
	if b != nil {
		guard.MaxDeletes = u.Amount(b.MaxDeletes, guard.MaxDeletes)
		guard.MaxEvents = u.Int(b.MaxEvents, 0, 1, math.MaxInt32)
		guard.ConfirmPolls = u.Int(b.ConfirmPolls, 0, 1, maxPolls)
	}
	return guard
}
