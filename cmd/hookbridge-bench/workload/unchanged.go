package workload

import (
	"cmp"
	"context"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// steady is a list in which nothing changes that counts.
type steady struct {
	bar    string
	what   string
	spec   upstream.Spec
	ignore []string
	page   string
	polls  int // in a run; 0: pollsInRun
	need   report.Need
}

// The number of items in an ordinary list and in a large one, and of polls in a run.
const (
	ordinary      = 100_000
	ordinaryShort = 2_000
	large         = 1_000_000
	largeShort    = 20_000
	pollsInRun    = 5
)

// outside is V1.
func (b *Bench) outside(ctx context.Context) (Outcome, error) {
	return b.unchanged(ctx, steady{
		bar: "V1", what: "CPU of a poll, unchanged but outside the list",
		spec: upstream.Spec{Items: b.size(ordinary, ordinaryShort), Outside: true}, need: report.AtMost(1.5),
	})
}

// ignored is V2.
func (b *Bench) ignored(ctx context.Context) (Outcome, error) {
	return b.unchanged(ctx, steady{
		bar: "V2", what: "CPU of a poll, a field under ignore in each item",
		spec:   upstream.Spec{Items: b.size(ordinary, ordinaryShort), Volatile: true},
		ignore: []string{"item.views"}, need: report.AtMost(2.5),
	})
}

// same is V3.
func (b *Bench) same(ctx context.Context) (Outcome, error) {
	return b.unchanged(ctx, steady{
		bar: "V3", what: "CPU of a poll, the same to the byte",
		spec: upstream.Spec{Items: b.size(ordinary, ordinaryShort)}, need: report.AtMost(0.6),
	})
}

// pages has no bar: a listing in chunked pages, from a server that takes its time.
func (b *Bench) pages(ctx context.Context) (Outcome, error) {
	return b.unchanged(ctx, steady{
		bar: "pages", what: "CPU of a poll in pages of 100",
		spec: upstream.Spec{
			Items: b.size(10_000, ordinaryShort), Outside: true, Page: 100, Chunked: true, Latency: 2 * time.Millisecond,
		},
		page: "link",
	})
}

// unchanged measures polls against Y. The program is started anew after its baseline, whose memory does not count.
func (b *Bench) unchanged(ctx context.Context, of steady) (Outcome, error) {
	s, err := b.open(ctx, of.spec)
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	s.config.Sources[0].Ignore, s.config.Sources[0].Page = of.ignore, of.page
	row := report.Row{Bar: of.bar, What: of.what, Unit: report.Seconds, Against: "Y", Need: of.need}
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	if err := s.rerun(ctx); err != nil {
		return Outcome{}, err
	}
	polls := cmp.Or(of.polls, pollsInRun)
	if err := s.pairs(ctx, &row, b.Runs, s.polls(polls), s.splits(polls)); err != nil {
		return Outcome{}, err
	}
	err = s.conclude(ctx, &row)
	return Outcome{Rows: []report.Row{row}}, err
}

// conclude enters what memory the polls took, and whether all was right.
func (s *scene) conclude(ctx context.Context, row *report.Row) (err error) {
	if err := s.remember(ctx, row); err != nil {
		return err
	}
	err = s.profiled(ctx, row.Bar, 10*time.Second, func(ctx context.Context) error {
		return s.poll(ctx)
	})
	if err != nil {
		return err
	}
	if err := s.canary(ctx); err != nil {
		return err
	}
	row.Wrong, err = s.judge(ctx)
	return err
}

// remember enters the memory that the program took since its start or the last time.
func (s *scene) remember(ctx context.Context, row *report.Row) error {
	memory, err := measure.MemoryOf(s.hb.PID())
	row.Memory, row.Resident = s.hb.Peak(ctx), memory.Peak
	return err
}
