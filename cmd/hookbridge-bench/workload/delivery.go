package workload

import (
	"context"
	"fmt"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/yardstick"
)

// deliveries is V9: a queue of events, one for each of as many items, drains into a receiver that answers at once.
func (b *Bench) deliveries(ctx context.Context) (Outcome, error) {
	items := b.size(50_000, 1_000)
	s, err := b.open(ctx, upstream.Spec{Items: items, Outside: true})
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	row := report.Row{Bar: "V9", What: "durable deliveries, 64 in flight, in order per key", Unit: report.PerSecond, Against: "plain POSTs", Need: report.AtLeast(0.7)}
	d := drain{scene: s, row: &row}
	if err := s.pairs(ctx, &row, b.Runs, d.ours, d.plain); err != nil {
		return Outcome{}, err
	}
	if err := s.remember(ctx, &row); err != nil {
		return Outcome{}, err
	}
	if err := d.profile(ctx); err != nil {
		return Outcome{}, err
	}
	if row.Wrong, err = s.judge(ctx); err != nil {
		return Outcome{}, err
	}
	row.Syncs, err = b.syncsPerEvent(ctx, s.spec, func(ctx context.Context, s *scene) error {
		_, err := (&drain{scene: s, row: &report.Row{}}).ours(ctx)
		return err
	})
	return Outcome{Rows: []report.Row{row}}, err
}

// drain is the draining of a queue, in turn with plain requests of the same size to the same receiver.
type drain struct {
	*scene
	row  *report.Row
	size int // of an event's body
}

// ours queues an event of each item while the sink is paused, and returns how many are delivered a second then.
func (d *drain) ours(ctx context.Context) (float64, error) {
	if err := d.queue(ctx, d.items.Len()); err != nil {
		return 0, err
	}
	tally, cpu, err := d.release(ctx, d.items.Len())
	if err != nil {
		return 0, err
	}
	d.size = tally.Bytes / tally.Count
	d.note("ours", tally, cpu)
	return tally.Rate(), nil
}

// profile profiles the draining of one queue, without its filling.
func (d *drain) profile(ctx context.Context) error {
	if d.Profile == "" {
		return nil
	}
	if err := d.queue(ctx, d.items.Len()); err != nil {
		return err
	}
	released := false
	return d.profiled(ctx, "V9", 5*time.Second, func(ctx context.Context) error {
		if released {
			return measure.Wait(ctx, 100*time.Millisecond)
		}
		released = true
		_, _, err := d.release(ctx, d.items.Len())
		return err
	})
}

// plain returns how many plain requests are answered a second.
func (d *drain) plain(ctx context.Context) (float64, error) {
	if err := d.rec.Forget(ctx); err != nil {
		return 0, err
	}
	var tally receiver.Tally
	cpu, err := measure.Cost(ctx, d.yard.PID(), func() error {
		err := d.yard.Post(ctx, yardstick.Posting{URL: d.rec.URL, Count: d.items.Len(), Size: d.size, InFlight: inFlight})
		if err == nil {
			tally, err = d.await(ctx, d.items.Len())
		}
		return err
	})
	d.note("plain", tally, cpu)
	return tally.Rate(), err
}

// note keeps the last word of each on what an event cost.
func (d *drain) note(whose string, tally receiver.Tally, cpu time.Duration) {
	text := fmt.Sprintf("%s: %d bytes and %s of CPU an event", whose, tally.Bytes/max(tally.Count, 1),
		report.Seconds.Format(cpu.Seconds()/float64(max(tally.Count, 1))))
	for i, note := range d.row.Notes {
		if note[:4] == text[:4] {
			d.row.Notes[i] = text
			return
		}
	}
	d.row.Notes = append(d.row.Notes, text)
}

// queue pauses the sink, and lets so many items change and be polled.
func (s *scene) queue(ctx context.Context, count int) error {
	if _, err := s.hb.PauseSink(ctx, app); err != nil {
		return err
	}
	if err := s.change(ctx, collection.Mix{Updated: count}); err != nil {
		return err
	}
	if err := s.poll(ctx); err != nil {
		return err
	}
	return measure.Rest(ctx, s.hb.PID())
}

// release resumes the sink, and returns when so many events have arrived.
func (s *scene) release(ctx context.Context, count int) (tally receiver.Tally, cpu time.Duration, err error) {
	if err := s.rec.Forget(ctx); err != nil {
		return tally, 0, err
	}
	cpu, err = measure.Cost(ctx, s.hb.PID(), func() error {
		_, err := s.hb.ResumeSink(ctx, app)
		if err == nil {
			tally, err = s.await(ctx, count)
		}
		return err
	})
	return tally, cpu, err
}

// burstDelay is what the slow receiver takes for an answer.
const burstDelay = 20 * time.Millisecond

// burst is V10: one poll finds many changes, and a receiver takes its time over each.
func (b *Bench) burst(ctx context.Context) (Outcome, error) {
	items := b.size(10_000, 640)
	s, err := b.open(ctx, upstream.Spec{Items: items, Outside: true})
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	if err := s.rec.Behave(ctx, receiver.Manner{Secret: s.secret, Delay: burstDelay}); err != nil {
		return Outcome{}, err
	}
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	row := report.Row{Bar: "V10", What: "a burst, 20 ms an answer, 64 in flight", Unit: report.PerSecond, Against: "64 / 20 ms", Need: report.AtLeast(0.9)}
	ideal := func(context.Context) (float64, error) { return inFlight / burstDelay.Seconds(), nil }
	if err := s.pairs(ctx, &row, b.Runs, s.burstRate, ideal); err != nil {
		return Outcome{}, err
	}
	if err := s.remember(ctx, &row); err != nil {
		return Outcome{}, err
	}
	if row.Wrong, err = s.judge(ctx); err != nil {
		return Outcome{}, err
	}
	row.Syncs, err = b.syncsPerEvent(ctx, s.spec, func(ctx context.Context, s *scene) error {
		if err := s.rec.Behave(ctx, receiver.Manner{Secret: s.secret, Delay: burstDelay}); err != nil {
			return err
		}
		_, err := s.burstRate(ctx)
		return err
	})
	return Outcome{Rows: []report.Row{row}}, err
}

// burstRate lets all items change, and returns how many events were taken a second, from the first one's arrival to the
// last answer.
func (s *scene) burstRate(ctx context.Context) (float64, error) {
	count := s.items.Len()
	if _, _, err := s.changes(ctx, collection.Mix{Updated: count}); err != nil {
		return 0, err
	}
	tally, err := s.rec.Tally(ctx)
	if err != nil || tally.Count < count {
		return 0, err
	}
	return float64(count) / tally.Done.Sub(tally.First).Seconds(), nil
}

// failing has no bar: a receiver that fails some requests, each of which is made again soon.
func (b *Bench) failing(ctx context.Context) (Outcome, error) {
	items := b.size(10_000, 500)
	s, err := b.open(ctx, upstream.Spec{Items: items, Outside: true})
	if err != nil {
		return Outcome{}, err
	}
	defer s.close()
	s.config.Sinks[0].Retry = 100 * time.Millisecond
	if err := s.rec.Behave(ctx, receiver.Manner{Secret: s.secret, Fails: 0.3}); err != nil {
		return Outcome{}, err
	}
	if err := s.baseline(ctx); err != nil {
		return Outcome{}, err
	}
	row := report.Row{Bar: "failing", What: fmt.Sprintf("delivered of %d, 30 %% of requests fail", items), Need: report.AtLeast(float64(items))}
	if _, _, err := s.changes(ctx, collection.Mix{Updated: items}); err != nil {
		return Outcome{}, err
	}
	if row.Wrong, err = s.judge(ctx); err != nil {
		return Outcome{}, err
	}
	row.Ours = []float64{float64(len(s.arrived))}
	return Outcome{Rows: []report.Row{row}}, s.remember(ctx, &row)
}
