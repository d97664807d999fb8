package workload

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// footprint is V15: the program as it is shipped, and what it holds while it waits.
func (b *Bench) footprint(ctx context.Context) (Outcome, error) {
	binary, err := os.Stat(b.Binary)
	if err != nil {
		return Outcome{}, fmt.Errorf("look at the program: %w", err)
	}
	size := report.Row{Bar: "V15", What: "binary", Unit: report.Bytes, Ours: []float64{float64(binary.Size())}, Need: report.AtMost(45e6)}
	idle := report.Row{Bar: "V15", What: "idle daemon, resident", Unit: report.Bytes, Need: report.AtMost(40e6)}
	for range b.Runs {
		if err := b.idleOnce(ctx, &idle); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Rows: []report.Row{size, idle}}, nil
}

// idleOnce looks at a program that has one source and one sink, some seconds after its start.
func (b *Bench) idleOnce(ctx context.Context, row *report.Row) error {
	s, err := b.open(ctx, upstream.Spec{Items: 10})
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.baseline(ctx); err != nil {
		return err
	}
	ready := s.hb.Ready.Sub(s.hb.Began)
	if err := measure.Wait(ctx, b.span(5*time.Second, 100*time.Millisecond)); err != nil {
		return err
	}
	memory, err := measure.MemoryOf(s.hb.PID())
	if err != nil {
		return err
	}
	row.Ours, row.Memory = append(row.Ours, float64(memory.Resident)), max(row.Memory, memory.Anonymous)
	row.Notes = append(row.Notes, fmt.Sprintf("ready after %s", rounded(ready)))
	if err := s.canary(ctx); err != nil {
		return err
	}
	wrong, err := s.judge(ctx)
	row.Wrong = append(row.Wrong, wrong...)
	return err
}
