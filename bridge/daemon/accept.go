package daemon

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/hookbridge/hookbridge/bridge/config"
)

// fileAccepted is a file in the state directory that says which configuration was last in force, and in which program.
const fileAccepted = "accepted"

// headStart opens the state and begins to deliver before the sources are read, where the files, the sinks with all that
// they take from outside, and the program are those of a configuration that was in force: what waits need not wait for
// ten thousand sources, and yet no sink is sent anything that it would not have been sent then, should a source be
// refused now. Under another configuration it does nothing. That the operators' address is free comes before: a second
// daemon, over a copy of the state, delivers nothing.
func (d *Daemon) headStart(ctx context.Context, group *errgroup.Group, read *config.Reading, listen listening) error {
	c, diags := read.LoadSinks(d.options.Config)
	if diags.HasErrors() || !d.accepted(c) {
		return nil
	}
	if err := d.open(ctx, group, c); err != nil {
		return err
	}
	if err := d.take(listen, c); err != nil {
		return err
	}
	spareMemory(spareOfMuch) // nobody waits for the sources
	return d.sinks.apply(ctx, c.Sinks)
}

// accepted reports whether a configuration was in force when this program last ran.
func (d *Daemon) accepted(c *config.Config) bool {
	last, err := os.ReadFile(acceptedFile(c))
	return err == nil && c.Sum != "" && programSum() != "" && bytes.Equal(last, d.mark(c))
}

// accept notes that a configuration is in force. A note that is lost costs the next start its head start.
func (d *Daemon) accept(c *config.Config) {
	if err := os.WriteFile(acceptedFile(c), d.mark(c), 0o600); err != nil {
		d.options.Log.Warn("note the configuration: the next start delivers nothing until it has read all of it", "error", err)
	}
}

// mark stands for a configuration. Secrets are among what it is made of: who cannot read the state can try none on it.
func (d *Daemon) mark(c *config.Config) []byte {
	h := hmac.New(sha256.New, c.State.Key.Bytes())
	_, _ = fmt.Fprintf(h, "%q %q %q\n", d.options.Version, programSum(), c.Sum)
	sinks := make([]string, 0, len(c.Sinks))
	for _, s := range c.Sinks {
		sinks = append(sinks, s.Name+" "+s.Version)
	}
	slices.Sort(sinks)
	_, _ = fmt.Fprintf(h, "%q\n", sinks)
	return fmt.Appendf(nil, "%x\n", h.Sum(nil))
}

func acceptedFile(c *config.Config) string { return filepath.Join(c.State.Path, fileAccepted) }

// programSum tells this program from others that call themselves by its version. It is "" where the file cannot be read.
var programSum = sync.OnceValue(func() string {
	file, err := openProgram()
	if err != nil {
		return ""
	}
	defer file.Close()
	h := xxh3.New()
	if _, err := io.Copy(h, file); err != nil {
		return ""
	}
	return fmt.Sprintf("%x", h.Sum128().Bytes())
})

// openProgram opens the file that runs. Under its name there may be the next one already.
func openProgram() (*os.File, error) {
	if file, err := os.Open("/proc/self/exe"); err == nil {
		return file, nil
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}
