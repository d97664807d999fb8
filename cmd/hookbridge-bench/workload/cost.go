package workload

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/yardstick"
)

// figure is one run of something, which returns what it cost.
type figure func(context.Context) (float64, error)

// pairs runs ours and the yardstick in turn, after once of each that does not count, and enters what they cost.
func (s *scene) pairs(ctx context.Context, row *report.Row, runs int, ours, yard figure) error {
	if !s.Short {
		runs++
	}
	for i := range runs {
		one, err := ours(ctx)
		if err != nil {
			return err
		}
		other, err := yard(ctx)
		if err != nil {
			return err
		}
		if i > 0 || s.Short {
			row.Ours, row.Yardstick = append(row.Ours, one), append(row.Yardstick, other)
		}
	}
	return nil
}

// polls is the cost of a poll, of so many.
func (s *scene) polls(count int) figure {
	return func(ctx context.Context) (float64, error) {
		if _, err := s.up.Journal(ctx); err != nil {
			return 0, err
		}
		cost, err := measure.Cost(ctx, s.hb.PID(), func() error {
			for range count {
				if err := s.poll(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		answers, err := s.up.Journal(ctx)
		if err == nil && len(answers) < count {
			err = fmt.Errorf("%d polls made %d requests", count, len(answers))
		}
		return cost.Seconds() / float64(count), err
	}
}

// splits is the cost of Y: to get the body and split it.
func (s *scene) splits(count int) figure {
	return func(ctx context.Context) (float64, error) {
		cost, err := measure.Cost(ctx, s.yard.PID(), func() error {
			items, err := s.yard.Split(ctx, yardstick.Reading{URL: s.up.URL(list), Rounds: count})
			if err == nil && items != count*s.items.Len() {
				err = fmt.Errorf("the yardstick found %d items in %d answers", items, count)
			}
			return err
		})
		return cost.Seconds() / float64(count), err
	}
}

// canary lets a few items change, so that it shows whether the program would have seen more.
func (s *scene) canary(ctx context.Context) error {
	if s.spec.Volatile {
		views, err := s.up.Freeze(ctx, list)
		if err != nil {
			return err
		}
		if s.items.Views = views; views == 0 {
			return fmt.Errorf("the volatile field never changed")
		}
		if err := s.poll(ctx); err != nil {
			return err
		}
	}
	if err := s.change(ctx, collection.Mix{Created: 2, Updated: 10, Deleted: 3}); err != nil {
		return err
	}
	return s.poll(ctx)
}

// profiled writes profiles of the program at work, where they were asked for: of its processor for a while, and every
// two seconds of its memory.
func (s *scene) profiled(ctx context.Context, name string, d time.Duration, work func(context.Context) error) error {
	if s.Profile == "" {
		return nil
	}
	path, done := filepath.Join(s.Profile, name), make(chan error, 1)
	var profiling sync.WaitGroup
	defer profiling.Wait()
	profiling.Go(func() { done <- s.hb.ProfileCPU(ctx, path+".cpu.pprof", d) })
	profiling.Go(func() { s.profileHeaps(ctx, path, int(d.Seconds())/2) })
	for {
		select {
		case err := <-done:
			return err
		default:
			if err := work(ctx); err != nil {
				return err
			}
		}
	}
}

func (s *scene) profileHeaps(ctx context.Context, path string, count int) {
	for i := range count {
		if measure.Wait(ctx, 2*time.Second) != nil {
			return
		}
		if err := s.hb.ProfileHeap(ctx, fmt.Sprintf("%s.heap.%d.pprof", path, i)); err != nil {
			s.say("profile %s: %v", path, err)
			return
		}
	}
}
