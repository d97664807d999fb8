package config

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Shared holds what was made of the shared blocks of configurations, so that a reload which leaves a block as it
// is leaves its object as well: a credential in use is not asked for anew. It is safe for concurrent use.
type Shared struct {
	mu   sync.Mutex
	made map[string]*once // by version
}

// once is the object of one block, made by the first who asks.
type once struct {
	mu     sync.Mutex
	done   bool
	object any
}

// NewShared makes a place for the shared objects of one process.
func NewShared() *Shared { return &Shared{made: map[string]*once{}} }

// Retain lets go of all that the configuration does not name. It is called when the configuration is in force.
func (s *Shared) Retain(c *Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.made, func(version string, _ *once) bool { return !c.shared[version] })
}

func (s *Shared) of(version string) *once {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made[version] == nil {
		s.made[version] = &once{}
	}
	return s.made[version]
}

func (o *once) get(make func() (any, hcl.Diagnostics)) (any, hcl.Diagnostics) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return o.object, nil
	}
	object, diags := make()
	if !diags.HasErrors() {
		o.object, o.done = object, true
	}
	return object, diags
}

// shared is a block at the top that others refer to.
type shared struct {
	lent    *bridge.Shared
	version string
	used    atomic.Bool
}

// sharedTypes are the types of blocks that are shared by reference.
func sharedTypes() []string { return []string{"auth"} }

// declareShared makes the shared blocks known. What they hold is read by those who refer to them.
func (l *loader) declareShared() {
	for _, block := range sharedTypes() {
		first := map[string]hcl.Range{}
		for _, b := range l.blocks[block] {
			u := l.open(b)
			checkName(u)
			if checkUnique(u, first) {
				l.declareOne(u)
			}
			l.close(u)
		}
	}
}

func (l *loader) declareOne(u *unit) {
	version := u.block.Type + "." + u.block.Labels[1] + " " + l.versionOfShared(u)
	once := l.options.Shared.of(version)
	l.config.shared[version] = true
	l.shared[u.block.Type+"."+u.block.Labels[1]] = &shared{
		version: version,
		lent: &bridge.Shared{
			Kind: u.block.Labels[0], Name: u.block.Labels[1], At: u.block.LabelRanges[0],
			Body: u.block.Body, Eval: u.eval, Once: once.get,
		},
	}
}

// versionOfShared evaluates the attributes of the block once, so that what they read is known. What is wrong
// with them is told by those who refer to the block.
func (l *loader) versionOfShared(u *unit) string {
	attributes, _ := u.block.Body.JustAttributes()
	for _, attribute := range attributes {
		_, _ = attribute.Expr.Value(u.eval)
	}
	return l.version(u)
}

// refer resolves a reference to a shared block, and notes that the unit depends on it.
func (l *loader) refer(u *unit, x hcl.Expression, block string) (*bridge.Shared, hcl.Diagnostics) {
	name, ok := referenceTo(block, x)
	if !ok {
		return nil, l.strayed(u, x, "Invalid reference", "Refer to it as "+block+".NAME, without quotes."+
			l.meantShared(block, nameIn(x)))
	}
	found := l.shared[block+"."+name]
	if found == nil {
		return nil, l.strayed(u, x, "Unknown "+block, "No "+block+" named \""+name+"\" is declared."+
			setting.Suggest(name, l.sharedNames(block)))
	}
	found.used.Store(true)
	u.lent = append(u.lent, found.version)
	return found.lent, nil
}

// strayed reports a reference that leads nowhere, unless what it names may stand in a part that was not read.
func (l *loader) strayed(u *unit, x hcl.Expression, summary, detail string) hcl.Diagnostics {
	u.lost = true
	if l.broken && strings.HasPrefix(summary, "Unknown") {
		return nil
	}
	return setting.Wrong(x.Range(), summary, "%s", detail)
}

func (l *loader) meantShared(block, name string) string {
	if l.shared[block+"."+name] == nil {
		return ""
	}
	return " Did you mean " + block + "." + name + "?"
}

func (l *loader) sharedNames(block string) []string {
	var names []string
	for name := range l.shared {
		if short, ok := strings.CutPrefix(name, block+"."); ok {
			names = append(names, short)
		}
	}
	slices.Sort(names)
	return names
}

// judgeShared reports the blocks that nobody refers to.
func (l *loader) judgeShared() {
	for name, s := range l.shared {
		if !s.used.Load() && !l.lost {
			block, _, _ := strings.Cut(name, ".")
			l.report(warning(s.lent.At, "Unused "+block, "Nothing refers to %s: write %s = %s where it is meant.",
				name, block, name))
		}
	}
}
