// Package config reads HCL files into the settings of everything that runs. It is the only place that parses
// files. Nothing in it stops at the first mistake: all of them come back as diagnostics, each with the
// narrowest range in the file, in the order of the files, and with secrets kept out.
//
// A directory is one namespace: all its files that end in .hcl, by name, hidden ones left out. Blocks of
// sources and sinks are taken apart in two: the core reads the attributes that it knows, the plugin that the
// first label names gets the rest.
package config

import (
	"log/slog"
	"path/filepath"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Options are what a program passes on to the reading of its configuration.
type Options struct {
	Kinds  Kinds
	Getenv func(string) (string, bool) // nil is os.LookupEnv
	Env    bridge.Env                  // what every plugin gets; Name, Eval and an empty Temp are set for each
	Shared *Shared                     // what outlives this configuration; nil: nothing does

	// Instead has the functions env, file and credential yield stand-ins: what it returns for a name, then what is
	// there, and a text made of the name where nothing is. Nil: what is not there is a mistake.
	Instead func(function, name string) (text string, found bool)

	// Budgets are what the sources take from, beyond this configuration; nil: they are this one's own.
	Budgets *budget.Registry
}

// Kinds are the plugins that blocks may name.
type Kinds struct {
	Sources []bridge.Kind[bridge.Source]
	Sinks   []bridge.Kind[bridge.Sink]
}

// Config is what the files say, with defaults filled in.
type Config struct {
	State   State
	Admin   Admin
	Log     Log
	Sources []poll.Settings    // by name
	Sinks   []deliver.Settings // by name
	Files   map[string]*hcl.File

	Sum string // of the names and bytes of the files; "" where one was not read

	SourceNames []string // of all sources that are declared, whether they were read or not

	shared map[string]bool // the versions of its shared blocks
}

// State says where state is kept, and how much of the past.
type State struct {
	Path    string
	History time.Duration // delivered events and attempts are kept this long
	Key     StateKey      // encrypts it; the zero key does not
}

// A StateKey is what encrypts the state. It prints as [setting.Hidden].
type StateKey struct{ setting.Secret }

// NewStateKey wraps the bytes of a key, of which nil is none.
func NewStateKey(key []byte) StateKey { return StateKey{setting.NewSecret(string(key))} }

// Bytes are the key for who opens the state, nil where there is none.
func (k StateKey) Bytes() []byte {
	if k.IsZero() {
		return nil
	}
	return []byte(k.Reveal())
}

// Temp is the directory for what is too large for memory. Whoever opens the state makes it, empty.
func (s State) Temp() string { return filepath.Join(s.Path, "tmp") }

// Admin is the operator's door.
type Admin struct {
	Listen string         // "unix:" and the path of a socket, or host:port
	Token  setting.Secret // needed by every request, unless it is zero
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level
	Format string // "text", "json", or "" for text on a terminal and json elsewhere
}

// Load reads one file, or all files of a directory, and builds every plugin. It does no I/O but reading these
// files and what the functions env, file and credential ask for; relative names in file start at the directory
// of the configuration. Where the diagnostics hold an error, only the Files of the config are of use.
//
// Two kinds of one name are a mistake of the program, and panic.
func Load(path string, options Options) (*Config, hcl.Diagnostics) {
	return Read(path).Load(options)
}

// Load is described at the function of that name. It uses the reading up.
func (r *Reading) Load(options Options) (*Config, hcl.Diagnostics) {
	defer func() { *r = Reading{} }() // what was parsed takes several times the memory of what it means
	c, diags, torn := r.load(options)
	if torn {
		c, diags, _ = readWhole(r.path).load(options)
	}
	return c, diags
}

// load is torn where a block that was folded has a mistake of syntax.
func (r *Reading) load(options Options) (c *Config, diags hcl.Diagnostics, torn bool) {
	l := newLoader(r, options)
	l.readDaemon()
	l.readBudgets()
	l.declareShared()
	l.declareSinks()
	l.readSinks()
	l.readSources()
	if l.torn.Load() {
		return l.config, nil, true
	}
	l.judgeWhole()
	return l.config, l.finish(), false
}

// LoadSource reads what it takes to poll one source, and passes over mistakes elsewhere. It builds the plugin of that
// source and no other, and of the daemon's settings it reads where the state is. Without stand-ins, that is: with
// them nothing of the daemon is read.
func LoadSource(path string, options Options, name string) (*Config, hcl.Diagnostics) {
	l := newLoader(readWhole(path), options)
	l.only = name
	if options.Instead == nil {
		l.readState(true)
	}
	l.readDefaults()
	l.readBudgets()
	l.declareShared()
	l.declareSinks()
	l.readSources()
	return l.config, l.finish()
}

// LoadAdmin reads only where a daemon keeps its state and listens, for those who want to speak to it. It
// passes over mistakes elsewhere, such as secrets that only the daemon can read.
func LoadAdmin(path string, options Options) (*Config, hcl.Diagnostics) {
	l := newSomeLoader(readWhole(path), options)
	l.readState(false)
	l.readAdmin()
	return l.config, l.finish()
}

// LoadState reads only what takes to open the state, for those who do that in the daemon's place. It passes over
// mistakes elsewhere.
func LoadState(path string, options Options) (*Config, hcl.Diagnostics) {
	l := newSomeLoader(readWhole(path), options)
	l.readState(true)
	return l.config, l.finish()
}

// LoadLog takes only what is logged and how, for who loads all the rest as soon as there is a log. It passes over
// mistakes elsewhere.
func (r *Reading) LoadLog(options Options) (*Config, hcl.Diagnostics) {
	l := newSomeLoader(r, options)
	l.readLog()
	return l.config, l.finish()
}

// LoadSinks reads what it takes to deliver, and no source, for who reads all the rest later. It passes over mistakes of
// sources.
func (r *Reading) LoadSinks(options Options) (*Config, hcl.Diagnostics) {
	l := newSomeLoader(r, options)
	l.readDaemon()
	l.readBudgets()
	l.declareShared()
	l.declareSinks()
	l.readSinks()
	return l.config, l.finish()
}

// newSomeLoader passes over what is wrong in the files as a whole.
func newSomeLoader(r *Reading, options Options) *loader {
	some := *r
	if len(some.files) > 0 {
		some.diags = nil
	}
	return newLoader(&some, options)
}
