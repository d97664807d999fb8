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

// changed is V5: polls of a list in which one item in a hundred changed, and in turn with them polls in which none did.
func (b *Bench) changed(ctx context.Context) (Outcome, error) {
	items := b.size(ordinary, ordinaryShort)
	s, err := b.open(ctx, upstream.Spec{Items: items, Outside: true})
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	cpu := report.Row{Bar: "V5", What: "CPU of a poll, 1 % changed, and of the deliveries", Unit: report.Seconds, Against: "V1", Need: report.AtMost(2)}
	last := report.Row{Bar: "V5", What: "from the answer to the last POST", Unit: report.Seconds, Need: report.AtMost(1)}
	mix := hundredth(items)
	ours := func(ctx context.Context) (float64, error) {
		cost, took, err := s.changes(ctx, mix)
		last.Ours = append(last.Ours, took.Seconds())
		return cost.Seconds(), err
	}
	if err := s.pairs(ctx, &cpu, b.Runs, ours, s.polls(1)); err != nil {
		return Outcome{}, err
	}
	if err := s.concludeChanges(ctx, &cpu, mix); err != nil {
		return Outcome{}, err
	}
	last.Wrong = cpu.Wrong
	cpu.Syncs, err = b.syncsPerEvent(ctx, s.spec, func(ctx context.Context, s *scene) error {
		_, _, err := s.changes(ctx, mix)
		return err
	})
	return Outcome{Rows: []report.Row{cpu, last}}, err
}

// concludeChanges enters what memory polls and deliveries took, and whether all was right.
func (s *scene) concludeChanges(ctx context.Context, row *report.Row, mix collection.Mix) error {
	if err := s.remember(ctx, row); err != nil {
		return err
	}
	err := s.profiled(ctx, row.Bar, 10*time.Second, func(ctx context.Context) error {
		_, _, err := s.changes(ctx, mix)
		return err
	})
	if err != nil {
		return err
	}
	row.Wrong, err = s.judge(ctx)
	return err
}

// hundredth lets one item in a hundred change: most of them stay, a few come and go.
func hundredth(items int) collection.Mix {
	some := items / 100
	few := max(some/100, 1)
	return collection.Mix{Created: few, Deleted: few, Updated: some - 2*few}
}

// changes lets items change and polls once. It returns what the poll and the deliveries cost, and how long it took from
// the answer's last byte to the last arrival.
func (s *scene) changes(ctx context.Context, mix collection.Mix) (cost, took time.Duration, err error) {
	if err := s.change(ctx, mix); err != nil {
		return 0, 0, err
	}
	if err := s.rec.Forget(ctx); err != nil {
		return 0, 0, err
	}
	if _, err := s.up.Journal(ctx); err != nil {
		return 0, 0, err
	}
	cost, err = measure.Cost(ctx, s.hb.PID(), func() error {
		if err := s.poll(ctx); err != nil {
			return err
		}
		_, err := s.await(ctx, mix.Total())
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	took, err = s.sinceAnswer(ctx)
	return cost, took, err
}

// sinceAnswer is how long it took from the last byte of the one answer to the last arrival.
func (s *scene) sinceAnswer(ctx context.Context) (time.Duration, error) {
	answers, err := s.up.Journal(ctx)
	if err != nil {
		return 0, err
	}
	if len(answers) != 1 {
		return 0, fmt.Errorf("the poll made %d requests, and not one", len(answers))
	}
	tally, err := s.rec.Tally(ctx)
	return tally.Last.Sub(answers[0].Ended), err
}

// syncsPerEvent counts the syncs of some work under strace, in a scene of its own, by the events that arrived of it.
// It is nil where there is no strace.
func (b *Bench) syncsPerEvent(ctx context.Context, spec upstream.Spec, work func(context.Context, *scene) error) (*float64, error) {
	if !measure.CanTrace() {
		return nil, nil
	}
	s, err := b.open(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.traced = true
	if err := s.baseline(ctx); err != nil {
		return nil, err
	}
	began, before := time.Now(), s.ledger.Len()
	if err := work(ctx, s); err != nil {
		return nil, err
	}
	wrong, err := s.judge(ctx)
	if err != nil {
		return nil, err
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("under strace: %s", wrong[0])
	}
	all, err := measure.Syncs(s.log())
	count := float64(measure.Between(all, began, time.Now())) / float64(s.ledger.Len()-before)
	return &count, err
}
