package workload

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/subject"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/yardstick"
)

// many is a number of sources on one host, each polled by the schedule and answered with 304.
type many struct {
	lists  int
	items  int // in each list
	every  time.Duration
	window time.Duration // in which it is measured
}

// A round is what was seen of many sources in a window.
type round struct {
	cpu      float64 // of a request
	requests int
	late     []time.Duration // by how much each request came after its time
	anon     int64           // the most in the window
	starting int64           // the most before it
	started  time.Duration   // from the start of the process until it was ready
	wrong    []string
}

func (m many) spec() upstream.Spec {
	return upstream.Spec{Items: m.lists * m.items, Parts: m.lists, ETag: true}
}

// manySources is a scene for one round: the state begins anew.
func (b *Bench) manySources(ctx context.Context, m many) (*scene, error) {
	s, err := b.open(ctx, m.spec())
	if err != nil {
		return nil, err
	}
	s.config.Sources = nil
	for i := range m.lists {
		s.config.Sources = append(s.config.Sources, subject.Source{
			Name: list + "_" + strconv.Itoa(i), URL: s.up.URL(list) + "/" + strconv.Itoa(i), Every: m.every, Sink: app,
		})
	}
	return s, nil
}

// ours polls many sources by their schedule, checks that each of them still sees a change, and ends.
func (b *Bench) ours(ctx context.Context, m many, profile string) (r round, err error) {
	s, err := b.manySources(ctx, m)
	if err != nil {
		return r, err
	}
	defer s.close()
	if err := s.run(ctx); err != nil {
		return r, err
	}
	if err := s.reach304(ctx, m); err != nil {
		return r, err
	}
	starting := s.hb.Peak(ctx)
	if r, err = s.watch(ctx, s.hb.PID(), m); err != nil {
		return r, err
	}
	r.anon, r.starting, r.started = s.hb.Peak(ctx), starting, s.hb.Ready.Sub(s.hb.Began)
	if profile != "" {
		wait := func(ctx context.Context) error { return measure.Wait(ctx, time.Second) }
		if err := s.profiled(ctx, profile, 10*time.Second, wait); err != nil {
			return r, err
		}
	}
	r.wrong, err = s.eachSees(ctx, m)
	return r, err
}

// theirs is the bare loop over the same lists.
func (b *Bench) theirs(ctx context.Context, m many) (r round, err error) {
	s, err := b.open(ctx, m.spec())
	if err != nil {
		return r, err
	}
	defer s.close()
	warm, asked := m.every+m.every/4, make(chan error, 1)
	go func() {
		_, err := s.yard.Ask(ctx, yardstick.Round{
			URL: s.up.URL(list), Lists: m.lists, Every: m.every, For: warm + m.window + m.every/4,
		})
		asked <- err
	}()
	if err := measure.Wait(ctx, warm); err != nil {
		return r, err
	}
	sampler := measure.Sample(ctx, s.yard.PID())
	r, err = s.watch(ctx, s.yard.PID(), m)
	r.anon = sampler.Peak()
	return r, errors.Join(err, <-asked)
}

// syncsOf counts the syncs of many polls in a window.
func (b *Bench) syncsOf(ctx context.Context, m many) (count int, err error) {
	s, err := b.manySources(ctx, m)
	if err != nil {
		return 0, err
	}
	defer s.close()
	s.traced = true
	if err := s.run(ctx); err != nil {
		return 0, err
	}
	if err := s.reach304(ctx, m); err != nil {
		return 0, err
	}
	began := time.Now()
	if _, err := s.watch(ctx, s.hb.PID(), m); err != nil {
		return 0, err
	}
	all, err := measure.Syncs(s.log())
	return measure.Between(all, began, time.Now()), err
}

// reach304 returns when all sources are known and the program, which was started anew then, is past its start: what
// the first polls took is no part of what 304 costs.
func (s *scene) reach304(ctx context.Context, m many) error {
	if err := s.listed(ctx, m); err != nil {
		return err
	}
	if err := s.calm(ctx); err != nil {
		return err
	}
	if err := s.rerun(ctx); err != nil {
		return err
	}
	if err := measure.Wait(ctx, m.every+m.every/4); err != nil {
		return err
	}
	return s.calm(ctx)
}

// calm returns when the program writes nothing any more, which does not matter where figures tell nothing.
func (s *scene) calm(ctx context.Context) error {
	if s.Short {
		return nil
	}
	return measure.Calm(ctx, s.hb.PID())
}

// listed returns when all sources were polled once, which the start spreads over 10 seconds at most, and their answers
// are known.
func (s *scene) listed(ctx context.Context, m many) error {
	for count, began := 0, measure.Now(); count < m.lists; {
		var err error
		if count, err = s.up.Answered(ctx); err != nil {
			return err
		}
		if measure.Now().Sub(began) > 5*time.Minute {
			return fmt.Errorf("only %d of %d sources were polled", count, m.lists)
		}
		if err := measure.Wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return measure.Wait(ctx, m.every/4)
}

// watch measures a process that polls many sources for a window.
func (s *scene) watch(ctx context.Context, pid int, m many) (r round, err error) {
	if _, err := s.up.Journal(ctx); err != nil { // what was answered before
		return r, err
	}
	began := measure.Now()
	used, err := use(ctx, pid, m.window)
	if err != nil {
		return r, err
	}
	answers, err := s.up.Journal(ctx)
	if err != nil {
		return r, err
	}
	r.requests, r.late = len(answers), lateness(answers, m.every)
	r.cpu = used.Seconds() / float64(max(r.requests, 1))
	err = allUnchanged(answers)
	if !s.Short {
		err = errors.Join(err, enough(len(answers), m, measure.Now().Sub(began)))
	}
	return r, err
}

// use is the processor time that a process uses in a while.
func use(ctx context.Context, pid int, d time.Duration) (time.Duration, error) {
	before, err := measure.CPU(pid)
	if err != nil {
		return 0, err
	}
	if err := measure.Wait(ctx, d); err != nil {
		return 0, err
	}
	after, err := measure.CPU(pid)
	return after - before, err
}

// allUnchanged checks that the answers are what the workload is about.
func allUnchanged(answers []upstream.Answer) error {
	for _, a := range answers {
		if a.Status != 304 {
			return fmt.Errorf("poll %s: status %d and not 304", a.Path, a.Status)
		}
	}
	return nil
}

// enough checks that polls did not get fewer.
func enough(count int, m many, in time.Duration) error {
	if want := float64(m.lists) * in.Seconds() / m.every.Seconds(); float64(count) < 0.8*want {
		return fmt.Errorf("there were %d polls in %s, where the schedule has %.0f", count, in, want)
	}
	return nil
}

// lateness returns by how much each request of a list came after its place on the grid of the interval, which is that
// of the list's earliest one. Lists with a single request tell nothing.
func lateness(answers []upstream.Answer, every time.Duration) []time.Duration {
	type phase struct{ first, least time.Duration }
	phases, count := map[string]phase{}, map[string]int{}
	offset := func(a upstream.Answer, p phase) time.Duration {
		since := time.Duration(a.Began) - p.first
		return since - (since+every/2)/every*every // from the nearest point of the grid
	}
	for _, a := range answers {
		p, known := phases[a.Path]
		if !known {
			p.first = time.Duration(a.Began)
		}
		p.least = min(p.least, offset(a, p))
		phases[a.Path] = p
		count[a.Path]++
	}
	var late []time.Duration
	for _, a := range answers {
		if p := phases[a.Path]; count[a.Path] > 1 {
			late = append(late, offset(a, p)-p.least)
		}
	}
	return late
}

// eachSees lets one item of each list change, and judges what arrives.
func (s *scene) eachSees(ctx context.Context, m many) (wrong []string, err error) {
	change := upstream.Change{Name: list}
	var changes []collection.Change
	for part := range m.lists {
		position := part * m.items
		change.Positions = append(change.Positions, position)
		changes = append(changes, s.items.Update(position))
		s.ledger.Add(list+"_"+strconv.Itoa(part), changes[part])
	}
	if err := s.up.Change(ctx, change, changes); err != nil {
		return nil, err
	}
	if _, err := s.await(ctx, m.lists); err != nil {
		return nil, err
	}
	return s.judge(ctx)
}
