// Package command is hookbridge on the command line: one file for each subcommand.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/daemon"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// Exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitInvalid     = 2 // configuration or usage
	exitEnvironment = 3 // state in use, damaged or of another version or key, address taken, disk full
)

// program is what the subcommands share.
type program struct {
	kinds  config.Kinds
	path   string // --config
	admin  string // --admin
	json   bool   // --json
	stdout io.Writer
	stderr io.Writer
}

// Main runs the command line of the process with these kinds of plugins, and returns the exit status.
func Main(sources []bridge.Kind[bridge.Source], sinks []bridge.Kind[bridge.Sink]) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the process at once
	log.SetOutput(io.Discard)            // where net/http writes what others say unasked, which may repeat a secret
	p := &program{
		kinds:  config.Kinds{Sources: sources, Sinks: sinks},
		stdout: os.Stdout, stderr: os.Stderr,
	}
	return p.status(p.root().ExecuteContext(ctx))
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "hookbridge",
		Short:         "Webhooks for APIs that offer none",
		Long:          "hookbridge polls APIs, compares what they list with what it knows, and sends each change\nas a signed webhook.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&p.path, "config", "/etc/hookbridge", "configuration: a file, or a directory of *.hcl `files`")
	root.PersistentFlags().StringVar(&p.admin, "admin", "", "`address` of the running daemon; default: from the configuration")
	root.PersistentFlags().BoolVar(&p.json, "json", false, "write JSON")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	return group(root, p.run(), p.validate(), p.plan(), p.demo(), p.listen(), p.secret(), p.source(), p.sink(), p.event(),
		p.deadletter(), p.state(), p.format(), p.version())
}

// group makes a command that only holds others: alone it shows its help, and a name that it does not know is
// answered with the nearest one.
func group(cmd *cobra.Command, held ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(held...)
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		if len(given) == 0 {
			return nil
		}
		var names []string
		for _, one := range cmd.Commands() {
			names = append(names, one.Name())
		}
		return usage(fmt.Errorf("unknown command %q for %q.%s See %s --help",
			given[0], cmd.CommandPath(), setting.Suggest(given[0], names), cmd.CommandPath()))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// misuse is an error of the one who typed the command.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

func usage(err error) error { return misuse{err} }

// args checks the number of arguments.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			return usage(fmt.Errorf("%w: see %s --help", err, cmd.CommandPath()))
		}
		return nil
	}
}

// status reports an error to the user, and returns the exit status that it asks for.
func (p *program) status(err error) int {
	if err == nil {
		return exitDone
	}
	if invalid, ok := errors.AsType[*daemon.Invalid](err); ok {
		p.diagnose(invalid)
		return exitInvalid
	}
	if !errors.Is(err, errSaid) {
		p.say(err)
	}
	return statusOf(err)
}

func statusOf(err error) int {
	if _, ok := errors.AsType[misuse](err); ok || errors.Is(err, admin.ErrUsage) || errors.Is(err, admin.ErrInvalid) {
		return exitInvalid
	}
	for _, environment := range []error{
		store.ErrInUse, store.ErrFull, store.ErrNewer, store.ErrDamaged, store.ErrKey, store.ErrOccupied, admin.ErrTaken, os.ErrPermission,
		syscall.EADDRINUSE, syscall.EROFS, syscall.ENOSPC, syscall.EDQUOT,
	} {
		if errors.Is(err, environment) {
			return exitEnvironment
		}
	}
	return exitFailed
}

// errSaid is an error that the user was told of already.
var errSaid = errors.New("failed")

func (p *program) say(err error) {
	if p.json {
		_ = p.write(map[string]any{"error": map[string]any{"message": err.Error()}}, p.stderr)
		return
	}
	_, _ = fmt.Fprintf(p.stderr, "hookbridge: %v\n", err)
}

// diagnose writes the mistakes of a configuration.
func (p *program) diagnose(invalid *daemon.Invalid) {
	if p.json {
		_ = config.WriteJSON(p.stderr, invalid.Diagnostics)
		return
	}
	_ = config.Write(p.stderr, invalid.Files, invalid.Diagnostics, isTerminal(p.stderr), 0)
}

// options is how configurations are read.
func (p *program) options(log *slog.Logger) config.Options {
	return config.Options{Kinds: p.kinds, Env: bridge.Env{Version: Version(), Log: log}}
}
