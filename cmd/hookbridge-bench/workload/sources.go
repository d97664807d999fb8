package workload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
)

// notModified is V4. That no index is read shows in that lists a hundred times as long cost the same.
func (b *Bench) notModified(ctx context.Context) (Outcome, error) {
	m := many{lists: b.size(200, 20), items: b.size(500, 100), every: time.Second, window: b.span(10*time.Second, time.Second)}
	short := m
	short.items /= 100
	cpu := report.Row{Bar: "V4", What: "CPU of a poll, 304", Unit: report.Seconds, Against: "bare loop", Need: report.AtMost(2)}
	index := report.Row{Bar: "V4", What: "the same of lists × 100", Unit: report.Seconds, Against: "short lists", Need: report.AtMost(1.25)}
	for range b.Runs {
		ours, err := b.pair(ctx, m, &cpu, "")
		if err != nil {
			return Outcome{}, err
		}
		small, err := b.ours(ctx, short, "")
		if err != nil {
			return Outcome{}, err
		}
		index.Ours, index.Yardstick = append(index.Ours, ours.cpu), append(index.Yardstick, small.cpu)
		index.Wrong = append(index.Wrong, small.wrong...)
	}
	commits, err := b.commits(ctx, m)
	return Outcome{Rows: []report.Row{cpu, index, commits}}, err
}

// span is how long something is looked at.
func (b *Bench) span(full, short time.Duration) time.Duration {
	if b.Short {
		return short
	}
	return full
}

// pair enters a round of ours and one of the bare loop.
func (b *Bench) pair(ctx context.Context, m many, row *report.Row, profile string) (round, error) {
	ours, err := b.ours(ctx, m, profile)
	if err != nil {
		return ours, err
	}
	theirs, err := b.theirs(ctx, m)
	if err != nil {
		return ours, err
	}
	row.Ours, row.Yardstick = append(row.Ours, ours.cpu), append(row.Yardstick, theirs.cpu)
	row.Memory = max(row.Memory, ours.anon)
	row.Wrong = append(row.Wrong, ours.wrong...)
	row.Notes = append(row.Notes, fmt.Sprintf(
		"%d polls, p99 %s late, ready after %s, %s at the most until then; the bare loop: %d requests, p99 %s late, %s",
		ours.requests, rounded(p99(ours.late)), rounded(ours.started), report.Bytes.Format(float64(ours.starting)),
		theirs.requests, rounded(p99(theirs.late)), report.Bytes.Format(float64(theirs.anon))))
	return ours, nil
}

// nothing is the limit of a count that must be 0: a limit of 0 would be none.
const nothing = 0.5

// commits counts the syncs of many polls that are all answered with 304.
func (b *Bench) commits(ctx context.Context, m many) (report.Row, error) {
	row := report.Row{Bar: "V4", What: "syncs while all is 304", Need: report.AtMost(nothing)}
	if !measure.CanTrace() {
		row.Missing = "no strace"
		return row, nil
	}
	count, err := b.syncsOf(ctx, m)
	row.Ours = []float64{float64(count)}
	return row, err
}

// sources is V12.
func (b *Bench) sources(ctx context.Context) (Outcome, error) {
	m := b.manyOf(b.size(10_000, 200))
	cpu := report.Row{Bar: "V12", What: fmt.Sprintf("CPU of a poll, 304, %d sources", m.lists), Unit: report.Seconds, Against: "bare loop", Need: report.AtMost(2)}
	late := report.Row{Bar: "V12", What: "p99 lateness", Unit: report.Seconds, Need: report.AtMost(0.25)}
	memory := report.Row{Bar: "V12", What: "anonymous memory", Unit: report.Bytes, Need: report.AtMost(80e6)}
	for i := range b.few() {
		ours, err := b.pair(ctx, m, &cpu, onlyAt(i, "V12"))
		if err != nil {
			return Outcome{}, err
		}
		late.Ours, memory.Ours = append(late.Ours, p99(ours.late).Seconds()), append(memory.Ours, float64(ours.anon))
	}
	late.Wrong, memory.Wrong = cpu.Wrong, cpu.Wrong
	growth, err := b.growthOfSources(ctx, m, report.Median(cpu.Ours), report.Median(memory.Ours))
	return Outcome{Rows: []report.Row{cpu, late, memory}, Growth: growth}, err
}

func (b *Bench) manyOf(lists int) many {
	return many{lists: lists, items: 5, every: b.span(10*time.Second, 2*time.Second), window: b.span(30*time.Second, 3*time.Second)}
}

// onlyAt names a profile in the first run alone.
func onlyAt(run int, name string) string {
	if run > 0 {
		return ""
	}
	return name
}

// growthOfSources measures fewer sources as well, where that is asked for, beside what many cost.
func (b *Bench) growthOfSources(ctx context.Context, most many, mostCPU, mostMemory float64) ([]report.Growth, error) {
	if !b.Growth {
		return nil, nil
	}
	cpu := report.Growth{Name: "sources-cpu", Title: "Sources polled every 10 s, all 304: % of a core", Over: "sources"}
	memory := report.Growth{Name: "sources-memory", Title: "Sources polled every 10 s, all 304: MB of anonymous memory", Over: "sources"}
	for _, share := range []int{30, 10, 3} {
		m := b.manyOf(max(most.lists/share, 1))
		ours, err := b.ours(ctx, m, "")
		if err == nil {
			err = right(ours.wrong)
		}
		if err != nil {
			return nil, err
		}
		cpu.Add(m.lists, 100*m.cores(ours.cpu))
		memory.Add(m.lists, float64(ours.anon)/1e6)
	}
	cpu.Add(most.lists, 100*most.cores(mostCPU))
	memory.Add(most.lists, mostMemory/1e6)
	return []report.Growth{cpu, memory}, nil
}

// right is an error where something is wrong: no plot shows a figure that is none.
func right(wrong []string) error {
	if len(wrong) > 0 {
		return errors.New(wrong[0])
	}
	return nil
}

// cores is how many cores the polls take that cost as much each.
func (m many) cores(cpu float64) float64 { return cpu * float64(m.lists) / m.every.Seconds() }

// p99 is what one in a hundred passes.
func p99(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[min(len(sorted)-1, len(sorted)*99/100)]
}

func rounded(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(100 * time.Microsecond)
}
