package workload

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// much is a state with much in it: sources with as many items each, of which some have changed and wait for a sink.
type much struct {
	lists   int
	items   int // in each
	waiting int // of them
}

// taken is how many deliveries a receiver takes at each start, of those that wait. More wait than a start is
// measured with, so that every run finds as many.
const taken = 100

// start is V13: the program is killed and starts again over such a state, run after run, until its first delivery
// arrives.
func (b *Bench) start(ctx context.Context) (Outcome, error) {
	first := report.Row{Bar: "V13", What: "from a start under known files to the first delivery", Unit: report.Seconds, Need: report.AtMost(1)}
	memory := report.Row{Bar: "V13", What: "anonymous memory, first 5 s", Unit: report.Bytes, Need: report.AtMost(128e6)}
	m := much{lists: b.size(10_000, 50), items: 100, waiting: 11}
	if err := b.starts(ctx, m, &first, &memory); err != nil {
		return Outcome{}, err
	}
	first.Notes = append(first.Notes, fmt.Sprintf("%d items of %d sources known, %d deliveries queued", m.lists*m.items, m.lists, m.lists*m.waiting))
	growth, err := b.growthOfStarts(ctx, m, report.Median(first.Ours), report.Median(memory.Ours))
	return Outcome{Rows: []report.Row{first, memory}, Growth: growth}, err
}

func (b *Bench) starts(ctx context.Context, m much, first, memory *report.Row) error {
	s, err := b.prepare(ctx, m)
	if err != nil {
		return err
	}
	defer s.close()
	for range b.few() {
		if err := s.startOnce(ctx, first, memory); err != nil {
			return err
		}
	}
	wrong, err := s.restArrives(ctx)
	first.Wrong = append(first.Wrong, wrong...)
	memory.Wrong = first.Wrong
	return err
}

// prepare makes the state with the program itself: all lists become known, items of each change while the sink is
// paused, the sink goes on while its receiver takes nothing, and then the program is killed.
func (b *Bench) prepare(ctx context.Context, m much) (*scene, error) {
	b.say("  preparing %d items of %d sources, %d deliveries", m.lists*m.items, m.lists, m.lists*m.waiting)
	of := many{lists: m.lists, items: m.items, every: b.span(10*time.Second, 2*time.Second)}
	s, err := b.manySources(ctx, of)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, of, m); err != nil {
		_ = s.close()
		return nil, err
	}
	return s, nil
}

func (s *scene) prepare(ctx context.Context, of many, m much) error {
	if err := s.run(ctx); err != nil {
		return err
	}
	if _, err := s.hb.PauseSink(ctx, app); err != nil {
		return err
	}
	if err := s.listed(ctx, of); err != nil {
		return err
	}
	if err := s.changeEach(ctx, m); err != nil {
		return err
	}
	if err := s.queued(ctx, m.lists*m.waiting); err != nil {
		return err
	}
	if err := s.rec.Behave(ctx, receiver.Manner{Secret: s.secret, Most: -1}); err != nil {
		return err
	}
	if _, err := s.hb.ResumeSink(ctx, app); err != nil {
		return err
	}
	return s.kill(ctx)
}

// kill ends the program at once, and returns when the receiver has noticed.
func (s *scene) kill(ctx context.Context) error {
	if err := s.hb.Kill(); err != nil {
		return err
	}
	return s.rec.Alone(ctx, patience)
}

// changeEach lets some items of each list change.
func (s *scene) changeEach(ctx context.Context, m much) error {
	change := upstream.Change{Name: list}
	var changes []collection.Change
	for part := range m.lists {
		for i := range m.waiting {
			position := part*m.items + i
			change.Positions = append(change.Positions, position)
			one := s.items.Update(position)
			changes = append(changes, one)
			s.ledger.Add(list+"_"+strconv.Itoa(part), one)
		}
	}
	return s.up.Change(ctx, change, changes)
}

// queued returns when so many deliveries wait for the sink.
func (s *scene) queued(ctx context.Context, count int) error {
	for began := measure.Now(); measure.Now().Sub(began) < 5*time.Minute; {
		sink, err := s.hb.Sink(ctx, app)
		if err != nil || sink.Queue.Pending >= count {
			return err
		}
		if err := measure.Wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("not %d deliveries were queued in 5 minutes", count)
}

// startOnce starts the program, and kills it after some seconds.
func (s *scene) startOnce(ctx context.Context, first, memory *report.Row) error {
	if err := s.rec.Forget(ctx); err != nil {
		return err
	}
	if err := s.rec.Behave(ctx, receiver.Manner{Secret: s.secret, Most: taken}); err != nil {
		return err
	}
	if err := s.run(ctx); err != nil {
		return err
	}
	tally, err := s.await(ctx, 1)
	if err != nil {
		return err
	}
	if err := measure.Wait(ctx, s.span(5*time.Second, 500*time.Millisecond)); err != nil {
		return err
	}
	took := tally.First.Sub(s.hb.Began)
	if took < 0 {
		first.Wrong = append(first.Wrong, "a request of the program that was killed counts as one of the next")
	}
	first.Ours = append(first.Ours, took.Seconds())
	first.Notes = append(first.Notes, fmt.Sprintf("ready after %s", rounded(s.hb.Ready.Sub(s.hb.Began))))
	if err := s.remember(ctx, memory); err != nil {
		return err
	}
	memory.Ours = append(memory.Ours, float64(memory.Memory))
	return s.kill(ctx)
}

// restArrives starts the program once more, lets all that waits arrive, and judges it.
func (s *scene) restArrives(ctx context.Context) (wrong []string, err error) {
	if err := s.rec.Behave(ctx, receiver.Manner{Secret: s.secret}); err != nil {
		return nil, err
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	return s.judge(ctx)
}

// growthOfStarts measures smaller states as well, where that is asked for, beside what the large one costs.
func (b *Bench) growthOfStarts(ctx context.Context, most much, mostTime, mostMemory float64) ([]report.Growth, error) {
	if !b.Growth {
		return nil, nil
	}
	const over = "items known, one in a hundred a source, one in nine with a delivery queued"
	wait := report.Growth{Name: "start-time", Title: "A start: s to the first delivery", Over: over}
	memory := report.Growth{Name: "start-memory", Title: "A start: MB of anonymous memory", Over: over}
	for _, share := range []int{100, 10} {
		m := most
		m.lists = max(m.lists/share, 1)
		var first, held report.Row
		err := b.starts(ctx, m, &first, &held)
		if err == nil {
			err = right(first.Wrong)
		}
		if err != nil {
			return nil, err
		}
		wait.Add(m.lists*m.items, report.Median(first.Ours))
		memory.Add(m.lists*m.items, report.Median(held.Ours)/1e6)
	}
	wait.Add(most.lists*most.items, mostTime)
	memory.Add(most.lists*most.items, mostMemory/1e6)
	return []report.Growth{wait, memory}, nil
}
