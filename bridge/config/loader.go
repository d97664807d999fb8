package config

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// loader understands one reading of a configuration. Sources are read side by side: what all of them write is atomic.
type loader struct {
	*Reading
	options   Options
	dir       string
	eval      *hcl.EvalContext // the pure functions
	config    *Config
	lost      bool        // a reference leads nowhere: which sink was meant is not known
	astray    atomic.Bool // the same of budgets
	torn      atomic.Bool // a block that was folded does not parse
	defaults  defaults
	sinks     map[string]*declared
	budgets   map[string]*sharedBudget
	shared    map[string]*shared // by type and name, such as auth.github
	sinkUnits []*sinkUnit
	lookups   []*setting.Lookup
	only      string // the one source that is read; "": all are
}

func newLoader(r *Reading, options Options) *loader {
	forbidTwice(options.Kinds.Sources)
	forbidTwice(options.Kinds.Sinks)
	if options.Budgets == nil {
		options.Budgets = budget.NewRegistry()
	}
	if options.Getenv == nil {
		options.Getenv = os.LookupEnv
	}
	if options.Shared == nil {
		options.Shared = NewShared()
	}
	options.Env.Getenv = options.Getenv
	return &loader{
		Reading: r,
		options: options,
		dir:     directoryOf(r.path),
		eval:    &hcl.EvalContext{Functions: expr.Functions()},
		config:  &Config{Files: r.files, Sum: r.sum, shared: map[string]bool{}},
		sinks:   map[string]*declared{},
		budgets: map[string]*sharedBudget{},
		shared:  map[string]*shared{},
	}
}

func forbidTwice[P any](kinds []bridge.Kind[P]) {
	seen := map[string]bool{}
	for _, kind := range kinds {
		if seen[kind.Name] {
			panic(fmt.Sprintf("two kinds are named %q", kind.Name))
		}
		seen[kind.Name] = true
	}
}

func directoryOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

func (l *loader) report(diags hcl.Diagnostics) { l.diags = append(l.diags, diags...) }

// unit is one block while it is read.
type unit struct {
	*setting.Reader
	block  *hcl.Block
	eval   *hcl.EvalContext
	lookup *setting.Lookup
	sum    sum      // of the tokens, where it is known
	lent   []string // the versions of the shared blocks that it refers to
	lost   bool     // a reference leads nowhere: who was meant is not known
	budget *sharedBudget
	former *predecessor
	parent string // the source for whose items this one lists
}

// name is the last label of the block.
func (u *unit) name() string { return u.block.Labels[len(u.block.Labels)-1] }

func (u *unit) nameAt() hcl.Range { return u.block.LabelRanges[len(u.block.LabelRanges)-1] }

// open prepares the reading of a block: what its functions read is noted for it alone.
func (l *loader) open(block *hcl.Block) *unit {
	u := l.enlist(block)
	l.equip(u)
	return u
}

// enlist makes a unit that is to be equipped when its turn comes.
func (l *loader) enlist(block *hcl.Block) *unit {
	lookup := setting.NewLookup(l.options.Getenv, l.dir)
	if l.options.Instead != nil {
		lookup.Pretend(l.options.Instead)
	}
	l.lookups = append(l.lookups, lookup)
	return &unit{block: block, lookup: lookup}
}

func (l *loader) equip(u *unit) {
	u.eval = l.eval.NewChild()
	u.eval.Functions = u.lookup.Functions()
	u.Reader = setting.NewReader(u.eval)
}

// strip leaves of a unit that was read what it found.
func (u *unit) strip() {
	bare := setting.NewReader(nil)
	bare.Report(u.Diagnostics())
	u.Reader, u.eval = bare, nil
}

// decode takes the block's body apart into the fields of target.
func (u *unit) decode(target any) { u.Report(gohcl.DecodeBody(u.block.Body, u.eval, target)) }

// close hands in what was found.
func (l *loader) close(u *unit) {
	l.report(u.Diagnostics())
	l.lost = l.lost || u.lost
}

// source returns the bytes of a range.
func (l *loader) source(at hcl.Range) []byte {
	file := l.config.Files[at.Filename]
	if file == nil || !at.CanSliceBytes(file.Bytes) {
		return nil
	}
	return at.SliceBytes(file.Bytes)
}

// whole is the range of a block from its type to its closing brace.
func whole(block *hcl.Block) hcl.Range {
	if body, ok := block.Body.(*hclsyntax.Body); ok {
		return hcl.RangeBetween(block.TypeRange, body.Range())
	}
	return block.DefRange
}

// judgeWhole reports what only shows when everything is read.
func (l *loader) judgeWhole() {
	slices.SortFunc(l.config.Sources, func(a, b poll.Settings) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(l.config.Sinks, func(a, b deliver.Settings) int { return cmp.Compare(a.Name, b.Name) })
	if l.broken {
		return
	}
	if len(l.blocks["source"]) == 0 && !l.strange {
		l.report(nowhere("No source", "Nothing in %s declares a source: there is nothing to poll.", l.path))
	}
	l.judgeBudgets()
	l.judgeShared()
	for name, sink := range l.sinks {
		if !sink.used.Load() && !l.lost {
			l.report(warning(sink.at, "Unused sink",
				"No source sends its events to sink.%s: name it in the sinks or the health of one.", name))
		}
	}
}
