package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/plot"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/subject"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/workload"
)

// errWrong is a report with a row that is no figure.
var errWrong = errors.New("something was lost, doubled, out of order, or other than it was: that is no figure")

func (f flags) run(ctx context.Context, names []string, out, say io.Writer) error {
	if runtime.GOOS != "linux" {
		return errors.New("this reads what processes cost from Linux")
	}
	if f.runs < 1 {
		return fmt.Errorf("--runs %d: it takes one at least", f.runs)
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
	b, err := f.bench(ctx, slices.Contains(names, workload.Short), dir, say)
	if err != nil {
		return err
	}
	r, err := f.measure(ctx, b, workloads)
	return errors.Join(f.write(r, out), err)
}

// bench prepares what workloads run with.
func (f flags) bench(ctx context.Context, short bool, dir string, say io.Writer) (b *workload.Bench, err error) {
	b = &workload.Bench{
		Binary: f.binary, Dir: dir, Peers: f.peers, Runs: f.runs, Short: short,
		Growth: f.plots != "", Profile: f.pprof, Say: say,
	}
	if short {
		b.Runs = 1
	}
	for output, mode := range map[string]os.FileMode{f.pprof: 0o700, f.plots: 0o755} {
		if output == "" {
			continue
		}
		if err := os.MkdirAll(output, mode); err != nil {
			return nil, fmt.Errorf("make directory for what is measured: %w", err)
		}
	}
	if b.Binary == "" {
		b.Binary, err = subject.Build(ctx, dir)
	}
	return b, err
}

// measure runs the workloads. What one that fails has measured until then is told all the same, and the others run.
func (f flags) measure(ctx context.Context, b *workload.Bench, workloads []workload.Workload) (r report.Report, err error) {
	r = report.Report{Began: time.Now(), Sizes: "full", Version: subject.Version(ctx, b.Binary)}
	if b.Short {
		r.Sizes = "short"
	}
	if r.Machine, err = measure.MachineOf(b.Dir); err != nil {
		return r, err
	}
	for _, w := range workloads {
		outcome, failed := w.Run(ctx, b)
		r.Rows, r.Growth = append(r.Rows, outcome.Rows...), append(r.Growth, outcome.Growth...)
		err = errors.Join(err, failed)
		if ctx.Err() != nil {
			break
		}
	}
	r.Took = time.Since(r.Began)
	if r.Wrong() {
		err = errors.Join(err, errWrong)
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
