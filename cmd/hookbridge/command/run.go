package command

import (
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/daemon"
)

func (p *program) run() *cobra.Command {
	var profiles bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon",
		Long:  "Run the daemon until it is told to stop. SIGHUP makes it take in its configuration anew.",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			notify, err := daemon.NewNotifier()
			if err != nil {
				return err
			}
			reload := make(chan os.Signal, 1)
			signal.Notify(reload, syscall.SIGHUP)
			defer signal.Stop(reload)
			level := new(slog.LevelVar)
			read := config.Read(p.path)
			log := p.log(read, level)
			return daemon.Run(cmd.Context(), daemon.Options{
				Path: p.path, Read: read, Config: p.options(log), Log: log, Level: level,
				Version: Version(), Admin: adminOptions(profiles), Notify: notify, Reload: reload,
			})
		},
	}
	cmd.Flags().BoolVar(&profiles, "pprof", false, "serve profiles of the process to operators, at /debug/pprof/ of the admin address")
	return cmd
}

func adminOptions(profiles bool) []admin.Option {
	if !profiles {
		return nil
	}
	return []admin.Option{admin.Profiles()}
}

// log makes the log that the configuration asks for. What is wrong with it the daemon says, which reads it all.
func (p *program) log(read *config.Reading, level *slog.LevelVar) *slog.Logger {
	c, diags := read.LoadLog(p.options(slog.New(slog.DiscardHandler)))
	if diags.HasErrors() {
		return newLog(p.stderr, "", level)
	}
	level.Set(c.Log.Level)
	return newLog(p.stderr, c.Log.Format, level)
}

func newLog(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" || format == "" && !isTerminal(w) {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
