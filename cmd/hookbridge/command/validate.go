package command

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/daemon"
)

func (p *program) validate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration",
		Long:  "Check the configuration, all of it at once. The exit status is 0, or 2 with diagnostics on standard error.",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			c, diags := config.Load(p.path, p.options(slog.New(slog.DiscardHandler)))
			if diags.HasErrors() {
				return &daemon.Invalid{Diagnostics: diags, Files: c.Files}
			}
			if p.json {
				return config.WriteJSON(p.stdout, diags)
			}
			if err := config.Write(p.stderr, c.Files, diags, isTerminal(p.stderr), 0); err != nil {
				return err
			}
			_, err := fmt.Fprintf(p.stdout, "valid: %d sources, %d sinks\n", len(c.Sources), len(c.Sinks))
			return err
		},
	}
}
