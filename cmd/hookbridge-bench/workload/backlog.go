package workload

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// backlogSteps is in how many polls the backlog of V14 grows; each of them finds all items changed.
const backlogSteps = 10

// flat is by how much memory may differ and still be flat.
const flat = 1.25

// backlog is V14: a sink stands still while a million events are queued for it, ten of each item, and then goes on. A
// single run, against a queue of V9's size in the same state.
func (b *Bench) backlog(ctx context.Context) (Outcome, error) {
	items := b.size(ordinary, ordinaryShort/2)
	s, err := b.open(ctx, upstream.Spec{Items: items, Outside: true})
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	memory := report.Growth{Name: "backlog-memory", Title: "A sink that is down: MB of anonymous memory", Over: "deliveries queued"}
	speed := report.Growth{Name: "backlog-drain", Title: "A backlog that drains: deliveries a second", Over: "deliveries queued"}
	v9, err := s.drained(ctx, items/2)
	if err != nil {
		return Outcome{}, err
	}
	peaks, err := s.pile(ctx, &memory)
	if err != nil {
		return Outcome{}, err
	}
	queued := report.Row{}
	if err := s.noteDisk(&queued); err != nil {
		return Outcome{}, err
	}
	all, err := s.drainAll(ctx, backlogSteps*items, &speed)
	if err != nil {
		return Outcome{}, err
	}
	rows := backlogRows(backlogSteps*items, v9, all, peaks)
	rows[0].Notes = queued.Notes
	rows[0].Wrong, err = s.judge(ctx)
	rows[1].Wrong, rows[2].Wrong = rows[0].Wrong, rows[0].Wrong
	return Outcome{Rows: rows, Growth: []report.Growth{memory, speed}}, err
}

// backlogRows are how fast the backlog drained, and the memory that its filling and its draining took.
func backlogRows(total int, v9, all drained, peaks []float64) []report.Row {
	row := func(what string, unit report.Unit, ours, yardstick float64, against string, need report.Need) report.Row {
		return report.Row{
			Bar: "V14", What: what, Unit: unit, Ours: []float64{ours}, Yardstick: []float64{yardstick}, Against: against, Need: need,
		}
	}
	return []report.Row{
		row(fmt.Sprintf("drain of %d queued", total), report.PerSecond, all.rate, v9.rate, "V9", report.AtLeast(0.5)),
		row("memory, last tenth of the queue", report.Bytes, peaks[len(peaks)-1], peaks[0], "first tenth", report.AtMost(flat)),
		row("memory while it drains", report.Bytes, all.peak, v9.peak, "V9's", report.AtMost(flat)),
	}
}

// drained is how a queue drained.
type drained struct{ rate, peak float64 }

// drained queues a number of events and lets them drain, in a process that did nothing else so far.
func (s *scene) drained(ctx context.Context, count int) (drained, error) {
	if err := s.queue(ctx, count); err != nil {
		return drained{}, err
	}
	return s.drainAll(ctx, count, &report.Growth{})
}

// drainAll starts the program anew, so that its memory is that of draining, and lets the queue drain.
func (s *scene) drainAll(ctx context.Context, count int, speed *report.Growth) (drained, error) {
	if err := s.rerun(ctx); err != nil {
		return drained{}, err
	}
	if err := s.rec.Forget(ctx); err != nil {
		return drained{}, err
	}
	if _, err := s.hb.ResumeSink(ctx, app); err != nil {
		return drained{}, err
	}
	var last, tally receiver.Tally
	for step := range backlogSteps {
		var err error
		if tally, err = s.await(ctx, count*(step+1)/backlogSteps); err != nil {
			return drained{}, err
		}
		if took := tally.Last.Sub(max(last.Last, tally.First)); took > 0 {
			speed.Add(count-last.Count, float64(tally.Count-last.Count)/took.Seconds())
		}
		last = tally
	}
	slices.Reverse(speed.Points)
	return drained{tally.Rate(), float64(s.hb.Peak(ctx))}, nil
}

// pile queues the backlog, step by step, and returns the peak of the anonymous memory in each step.
func (s *scene) pile(ctx context.Context, growth *report.Growth) (peaks []float64, err error) {
	for step := range backlogSteps {
		began := measure.Now()
		s.hb.Peak(ctx)
		if err := s.queue(ctx, s.items.Len()); err != nil {
			return nil, err
		}
		peaks = append(peaks, float64(s.hb.Peak(ctx)))
		memory, err := measure.MemoryOf(s.hb.PID())
		if err != nil {
			return nil, err
		}
		growth.Points = append(growth.Points, report.Point{Size: (step + 1) * s.items.Len(), Cost: map[string]float64{
			"at rest":     float64(memory.Anonymous) / 1e6,
			"at the most": peaks[step] / 1e6,
		}})
		s.say("  %d queued, %s", (step+1)*s.items.Len(), measure.Now().Sub(began).Round(10*time.Millisecond))
	}
	return peaks, nil
}
