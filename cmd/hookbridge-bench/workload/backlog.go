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
	items := b.size(ordinary, ordinaryShort)
	s, err := b.open(ctx, upstream.Spec{Items: items, Outside: true})
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	total := fmt.Sprintf("%d", backlogSteps*items)
	rate := report.Row{Bar: "V14", What: "drain of " + total + " queued", Unit: report.PerSecond, Against: "V9", Need: report.AtLeast(0.5)}
	filling := report.Row{Bar: "V14", What: "memory, last tenth of the queue", Unit: report.Bytes, Against: "first tenth", Need: report.AtMost(flat)}
	draining := report.Row{Bar: "V14", What: "memory while it drains", Unit: report.Bytes, Against: "V9's", Need: report.AtMost(flat)}
	growth := report.Growth{Name: "backlog-memory", Title: "A sink that is down: MB of anonymous memory", Over: "deliveries queued"}
	speed := report.Growth{Name: "backlog-drain", Title: "A backlog that drains: deliveries a second", Over: "deliveries queued"}
	v9, err := s.drained(ctx, items/2)
	if err != nil {
		return Outcome{}, err
	}
	peaks, err := s.pile(ctx, &growth)
	if err != nil {
		return Outcome{}, err
	}
	all, err := s.drainAll(ctx, backlogSteps*items, &speed)
	if err != nil {
		return Outcome{}, err
	}
	rate.Ours, rate.Yardstick = []float64{all.rate}, []float64{v9.rate}
	filling.Ours, filling.Yardstick = []float64{peaks[len(peaks)-1]}, []float64{peaks[0]}
	draining.Ours, draining.Yardstick = []float64{all.peak}, []float64{v9.peak}
	if err := s.remember(ctx, &rate); err != nil {
		return Outcome{}, err
	}
	rate.Memory = int64(all.peak)
	rate.Wrong, err = s.judge(ctx)
	filling.Wrong, draining.Wrong = rate.Wrong, rate.Wrong
	return Outcome{Rows: []report.Row{rate, filling, draining}, Growth: []report.Growth{growth, speed}}, err
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
		rate := float64(tally.Count-last.Count) / tally.Last.Sub(max(last.Last, tally.First)).Seconds()
		speed.Add(count-last.Count, rate)
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
