package daemon

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/sync/semaphore"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/poll"
)

// Invalid is a configuration with mistakes.
type Invalid struct {
	Diagnostics hcl.Diagnostics
	Files       map[string]*hcl.File
}

// Error renders the diagnostics as plain text.
func (i *Invalid) Error() string {
	var text bytes.Buffer
	if err := config.Write(&text, i.Files, i.Diagnostics, false, 0); err != nil {
		return i.Diagnostics.Error()
	}
	return "invalid configuration\n" + text.String()
}

// Is says what kind of error it is to the API.
func (i *Invalid) Is(target error) bool { return target == admin.ErrInvalid }

// load reads the configuration, and logs what is only worth a warning.
func load(o Options) (*config.Config, error) {
	return loadRead(o, config.Read(o.Path))
}

func loadRead(o Options, r *config.Reading) (*config.Config, error) {
	c, diags := r.Load(o.Config)
	if diags.HasErrors() {
		return nil, &Invalid{diags, c.Files}
	}
	for _, diag := range diags {
		o.Log.Warn("configuration: "+diag.Summary, "detail", diag.Detail, "at", place(diag))
	}
	c.Files = nil // only diagnostics quote them
	return c, nil
}

// loadSource reads what it takes to poll one source.
func loadSource(o Options, source string) (*config.Config, poll.Settings, error) {
	c, diags := config.LoadSource(o.Path, o.Config, source)
	if diags.HasErrors() {
		return nil, poll.Settings{}, &Invalid{diags, c.Files}
	}
	settings, err := sourceOf(c, source)
	return c, settings, err
}

// keptConnections is how many servers connections may be kept open to between polls.
const keptConnections = 256

// share makes what all configurations of a process have in common.
func (o *Options) share() {
	if o.Config.Budgets == nil {
		o.Config.Budgets = budget.NewRegistry()
	}
	if o.Config.Env.Idle == nil {
		o.Config.Env.Idle = semaphore.NewWeighted(keptConnections)
	}
	if o.Config.Env.Commons == nil {
		o.Config.Env.Commons = &bridge.Commons{}
	}
}

func place(diag *hcl.Diagnostic) string {
	if diag.Subject == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", diag.Subject.Filename, diag.Subject.Start.Line)
}

// level sets the level of the log.
func (o Options) level(c *config.Config) {
	if o.Level != nil {
		o.Level.Set(c.Log.Level)
	}
}
