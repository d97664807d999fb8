package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/workload"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/yardstick"
)

// flags are what the suite is told on its command line.
type flags struct {
	binary string
	state  string
	peers  string
	plots  string
	pprof  string
	runs   int
	json   bool
}

func root() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "hookbridge-bench [flags] WORKLOAD…",
		Short: "Measure hookbridge",
		Long: "Measure hookbridge. WORKLOAD is all, or of " + strings.Join(workload.Names(), " ") + ";\n" +
			"and short makes the sizes small, to see that all is right: figures tell nothing then.",
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, names []string) error {
			return f.run(cmd.Context(), names, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&f.binary, "binary", "", "the hookbridge to measure; default: it is built as it is shipped")
	cmd.Flags().StringVar(&f.state, "state", "", "`directory` in which states are made; default: that for temporary files")
	cmd.Flags().StringVar(&f.peers, "peers", peersDefault(), "`directory` in which peer/install.sh has installed what people use instead")
	cmd.Flags().StringVar(&f.plots, "plots", "", "also measure how costs grow, and write plots to this `directory`")
	cmd.Flags().StringVar(&f.pprof, "pprof", "", "write profiles of hookbridge at work to this `directory`")
	cmd.Flags().IntVar(&f.runs, "runs", 5, "runs of each figure; workloads that take minutes make half as many, or one")
	cmd.Flags().BoolVar(&f.json, "json", false, "write JSON")
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(
		part(upstream.Subcommand, upstream.Serve), part(receiver.Subcommand, receiver.Serve), part(yardstick.Subcommand, yardstick.Serve),
	)
	return cmd
}

// part is a process that the suite starts of itself.
func part(name string, serve func() error) *cobra.Command {
	return &cobra.Command{Use: name, Hidden: true, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return serve() }}
}

// peersDefault is where peer/install.sh installs without being told.
func peersDefault() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "hookbridge-bench")
}
