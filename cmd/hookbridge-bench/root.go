package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/plot"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/subject"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/workload"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/yardstick"
)

// errWrong is a report with a row that is no figure.
var errWrong = errors.New("something was lost, doubled, out of order, or other than it was: that is no figure")

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
	cmd.Flags().StringVar(&f.peers, "peers", peersDefault(), "`directory` in which peers/install.sh has installed what people use instead")
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

// peersDefault is where peers/install.sh installs without being told.
func peersDefault() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "hookbridge-bench")
}

func (f flags) run(ctx context.Context, names []string, out, say io.Writer) error {
	if runtime.GOOS != "linux" {
		return errors.New("this reads what processes cost from Linux")
	}
	workloads, err := workload.Pick(names)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(f.state, "hookbridge-bench-")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(dir)
	b := &workload.Bench{
		Binary: f.binary, Dir: dir, Peers: f.peers, Runs: max(f.runs, 1), Short: slices.Contains(names, workload.Short),
		Growth: f.plots != "", Profile: f.pprof, Say: say,
	}
	if b.Short {
		b.Runs = 1
	}
	if b.Binary == "" {
		if b.Binary, err = subject.Build(ctx, dir); err != nil {
			return err
		}
	}
	r, err := f.measure(ctx, b, workloads)
	return errors.Join(f.write(r, out), err)
}

// measure runs the workloads. One that fails ends them, and what was measured until then is told.
func (f flags) measure(ctx context.Context, b *workload.Bench, workloads []workload.Workload) (r report.Report, err error) {
	r = report.Report{Began: time.Now(), Sizes: "full", Version: subject.Version(ctx, b.Binary)}
	if b.Short {
		r.Sizes = "short"
	}
	if r.Machine, err = measure.MachineOf(b.Dir); err != nil {
		return r, err
	}
	for _, w := range workloads {
		outcome, err := w.Run(ctx, b)
		r.Rows, r.Growth = append(r.Rows, outcome.Rows...), append(r.Growth, outcome.Growth...)
		if err != nil {
			return r, err
		}
	}
	r.Took = time.Since(r.Began)
	if r.Wrong() {
		err = errWrong
	}
	return r, err
}

func (f flags) write(r report.Report, out io.Writer) error {
	if f.plots != "" {
		if err := plot.Write(f.plots, r.Growth); err != nil {
			return err
		}
	}
	if f.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	if err := r.Head(out); err != nil {
		return err
	}
	return r.Table(out)
}
