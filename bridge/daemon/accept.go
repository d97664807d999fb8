package daemon

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/hookbridge/hookbridge/bridge/config"
)

// fileAccepted is a file in the state directory that says which configuration was last in force, and in which program.
const fileAccepted = "accepted"

// headStart opens the state and begins to deliver under a configuration that was in force when this program last ran,
// before its sources are read: what waits need not wait for ten thousand of them, and yet nothing is delivered under a
// configuration that may be refused. Under another one it does nothing.
func (d *Daemon) headStart(ctx context.Context, group *errgroup.Group, read *config.Reading) error {
	c, diags := read.LoadSinks(d.options.Config)
	if diags.HasErrors() || !d.accepted(c) {
		return nil
	}
	if err := d.open(ctx, group, c); err != nil {
		return err
	}
	spareMemory(spareOfMuch) // nobody waits for the sources
	return d.sinks.apply(ctx, c.Sinks)
}

// accepted reports whether a configuration was in force when this program last ran.
func (d *Daemon) accepted(c *config.Config) bool {
	last, err := os.ReadFile(acceptedFile(c))
	return err == nil && c.Sum != "" && bytes.Equal(last, d.mark(c))
}

// accept notes that a configuration is in force. A note that is lost costs the next start its head start.
func (d *Daemon) accept(c *config.Config) {
	if err := os.WriteFile(acceptedFile(c), d.mark(c), 0o600); err != nil {
		d.options.Log.Warn("note the configuration: the next start delivers nothing until it has read all of it", "error", err)
	}
}

func (d *Daemon) mark(c *config.Config) []byte { return fmt.Appendln(nil, d.options.Version, c.Sum) }

func acceptedFile(c *config.Config) string { return filepath.Join(c.State.Path, fileAccepted) }
