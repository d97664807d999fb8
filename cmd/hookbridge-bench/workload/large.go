package workload

import (
	"context"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// first is V6: a program that starts without a state and takes in a large list. Each run is a process of its own, and
// its whole life counts.
func (b *Bench) first(ctx context.Context) (Outcome, error) {
	cpu := report.Row{Bar: "V6", What: "CPU of the first poll", Unit: report.Seconds, Against: "Y", Need: report.AtMost(8)}
	memory := report.Row{Bar: "V6", What: "peak anonymous memory", Unit: report.Bytes, Need: report.AtMost(256e6)}
	for i := range b.few() {
		if err := b.firstOnce(ctx, &cpu, &memory, onlyAt(i, "V6")); err != nil {
			return Outcome{}, err
		}
	}
	memory.Wrong = cpu.Wrong
	return Outcome{Rows: []report.Row{cpu, memory}}, nil
}

func (b *Bench) firstOnce(ctx context.Context, cpu, memory *report.Row, profile string) error {
	s, err := b.open(ctx, upstream.Spec{Items: b.size(large, largeShort), Outside: true})
	if err != nil {
		return err
	}
	defer s.close()
	if profile != "" {
		if err := s.profileBaseline(ctx, profile); err != nil {
			return err
		}
	}
	if err := s.firstCost(ctx, cpu); err != nil {
		return err
	}
	memory.Ours = append(memory.Ours, float64(cpu.Memory))
	if err := s.noteDisk(cpu); err != nil {
		return err
	}
	if err := s.canary(ctx); err != nil {
		return err
	}
	wrong, err := s.judge(ctx)
	cpu.Wrong = append(cpu.Wrong, wrong...)
	return err
}

// firstCost enters what the program used from its start until it had its baseline and was at rest, and what Y uses.
func (s *scene) firstCost(ctx context.Context, row *report.Row) error {
	if err := s.baseline(ctx); err != nil {
		return err
	}
	used, err := measure.CPU(s.hb.PID())
	if err != nil {
		return err
	}
	yard, err := s.splits(1)(ctx)
	if err != nil {
		return err
	}
	row.Ours, row.Yardstick = append(row.Ours, used.Seconds()), append(row.Yardstick, yard)
	return s.remember(ctx, row)
}

// profileBaseline takes in the list once under a profile, and forgets that.
func (s *scene) profileBaseline(ctx context.Context, name string) error {
	if s.Profile == "" {
		return nil
	}
	if err := s.run(ctx); err != nil {
		return err
	}
	if err := s.profiled(ctx, name, 20*time.Second, s.known); err != nil {
		return err
	}
	if _, err := s.hb.Pause(ctx, list); err != nil {
		return err
	}
	if _, err := s.hb.Reset(ctx, list); err != nil {
		return err
	}
	return s.hb.Stop()
}

// large is V7: polls of a large list that is known.
func (b *Bench) large(ctx context.Context) (Outcome, error) {
	outcome, err := b.unchanged(ctx, steady{
		bar: "V7", what: "CPU of a poll of a large list, unchanged", polls: 1,
		spec: upstream.Spec{Items: b.size(large, largeShort), Outside: true}, need: report.AtMost(1.8),
	})
	if err != nil {
		return outcome, err
	}
	cpu := outcome.Rows[0]
	memory := report.Row{
		Bar: "V7", What: "peak anonymous memory", Unit: report.Bytes, Ours: []float64{float64(cpu.Memory)},
		Need: report.AtMost(192e6), Wrong: cpu.Wrong,
	}
	outcome.Rows = append(outcome.Rows, memory)
	return outcome, nil
}

// growing is V8: what an unchanged item costs in lists of three sizes.
func (b *Bench) growing(ctx context.Context) (Outcome, error) {
	row := report.Row{Bar: "V8", What: "CPU per item, most by least of the sizes", Unit: report.Times, Need: report.AtMost(1.25)}
	cpu := report.Growth{Name: "items-cpu", Title: "An unchanged list: µs of CPU an item", Over: "items"}
	memory := report.Growth{Name: "items-memory", Title: "An unchanged list: MB of anonymous memory at the most", Over: "items"}
	least, most := 0.0, 0.0
	for _, share := range []int{100, 10, 1} {
		items := b.size(large, largeShort) / share
		outcome, err := b.unchanged(ctx, steady{bar: "V8", polls: min(share, 50), spec: upstream.Spec{Items: items, Outside: true}})
		if err != nil {
			return Outcome{}, err
		}
		one := outcome.Rows[0]
		cost, yard := report.Median(one.Ours)/float64(items), report.Median(one.Yardstick)/float64(items)
		if least == 0 || cost < least {
			least = cost
		}
		most = max(most, cost)
		row.Wrong, row.Memory = append(row.Wrong, one.Wrong...), max(row.Memory, one.Memory)
		row.Notes = append(row.Notes, fmt.Sprintf("%d items: %s each, Y %s, %s of anonymous memory",
			items, report.Seconds.Format(cost), report.Seconds.Format(yard), report.Bytes.Format(float64(one.Memory))))
		cpu.Points = append(cpu.Points, report.Point{Size: items, Cost: map[string]float64{report.Ours: cost * 1e6, "Y": yard * 1e6}})
		memory.Add(items, float64(one.Memory)/1e6)
	}
	row.Ours = []float64{most / least}
	return Outcome{Rows: []report.Row{row}, Growth: []report.Growth{cpu, memory}}, nil
}
