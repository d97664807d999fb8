package workload

import (
	"context"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// latency is V11: one item changes at a time, and the next one when its event has arrived.
func (b *Bench) latency(ctx context.Context) (Outcome, error) {
	row := report.Row{Bar: "V11", What: "p99 from the answer to the POST", Unit: report.Seconds, Need: report.AtMost(0.010)}
	s, err := b.open(ctx, upstream.Spec{Items: 100, Outside: true})
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	for range b.Runs {
		var all []time.Duration
		for range b.size(200, 20) {
			way, err := s.single(ctx)
			if err != nil {
				return Outcome{}, err
			}
			all = append(all, way.to.Sub(way.from))
		}
		row.Ours = append(row.Ours, p99(all).Seconds())
		row.Notes = append(row.Notes, fmt.Sprintf("half of %d took no more than %s", len(all), rounded(median(all))))
	}
	if err := s.remember(ctx, &row); err != nil {
		return Outcome{}, err
	}
	if row.Wrong, err = s.judge(ctx); err != nil {
		return Outcome{}, err
	}
	path, err := b.syncsOnPath(ctx)
	return Outcome{Rows: []report.Row{row, path}}, err
}

// way is the time between the end of an answer and the arrival of its one event.
type way struct{ from, to measure.Moment }

// single lets one item change, and waits for its event.
func (s *scene) single(ctx context.Context) (way, error) {
	if err := s.change(ctx, collection.Mix{Updated: 1}); err != nil {
		return way{}, err
	}
	if err := s.rec.Forget(ctx); err != nil {
		return way{}, err
	}
	if _, err := s.up.Journal(ctx); err != nil {
		return way{}, err
	}
	if err := s.poll(ctx); err != nil {
		return way{}, err
	}
	tally, err := s.await(ctx, 1)
	if err != nil {
		return way{}, err
	}
	answers, err := s.up.Journal(ctx)
	if err != nil || len(answers) != 1 {
		return way{}, fmt.Errorf("the poll made %d requests, and not one: %w", len(answers), err)
	}
	return way{answers[0].Ended, tally.First}, measure.Rest(ctx, s.hb.PID())
}

// syncsOnPath counts, under strace, the syncs between an answer and its event.
func (b *Bench) syncsOnPath(ctx context.Context) (report.Row, error) {
	row := report.Row{Bar: "V11", What: "syncs between the answer and the POST", Need: report.AtMost(2)}
	if !measure.CanTrace() {
		row.Missing = "no strace"
		return row, nil
	}
	s, err := b.open(ctx, upstream.Spec{Items: 100, Outside: true})
	if err != nil {
		return row, err
	}
	defer s.close()
	s.traced = true
	if err := s.baseline(ctx); err != nil {
		return row, err
	}
	var from, to []time.Time
	for range b.size(20, 5) {
		way, err := s.single(ctx)
		if err != nil {
			return row, err
		}
		from, to = append(from, way.from.Wall()), append(to, way.to.Wall())
	}
	if row.Wrong, err = s.judge(ctx); err != nil {
		return row, err
	}
	all, err := measure.Syncs(s.log())
	for i := range from {
		row.Ours = append(row.Ours, float64(measure.Between(all, from[i], to[i])))
	}
	return row, err
}

func median(of []time.Duration) time.Duration {
	figures := make([]float64, 0, len(of))
	for _, d := range of {
		figures = append(figures, float64(d))
	}
	return time.Duration(report.Median(figures))
}
