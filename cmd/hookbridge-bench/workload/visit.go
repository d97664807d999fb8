package workload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/peer"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
)

// errEnded is a peer that ended by itself.
var errEnded = errors.New("it ended by itself")

// visit is a peer at work in a scene.
type visit struct {
	*scene
	peer.Peer
	running *peer.Running
}

// visit starts a peer, and waits until it has polled for the first time and sent what it sends then.
func (b *Bench) visit(ctx context.Context, p peer.Peer, spec upstream.Spec, manner receiver.Manner, every time.Duration) (*visit, error) {
	s, err := b.open(ctx, spec)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(s.dir, "peer")
	if err = os.Mkdir(home, 0o700); err == nil {
		err = s.rec.Behave(ctx, manner)
	}
	v := &visit{scene: s, Peer: p}
	if err == nil {
		v.running, err = p.Start(ctx, peer.Options{
			Dir: b.Peers, Home: home, Upstream: s.up.URL(list), Receiver: s.rec.URL, Every: every,
		})
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return v, nil
}

func (v *visit) close() {
	v.running.Kill()
	_ = v.scene.close()
}

// last is the end of what the peer said.
func (v *visit) last() string {
	said := v.running.Said()
	return fmt.Sprintf("%.60q", said[max(0, len(said)-60):])
}

// answered returns when the upstream has answered so many times since the journal was read.
func (v *visit) answered(ctx context.Context, count int) error {
	for {
		found, err := v.up.Answered(ctx)
		if err != nil || found >= count {
			return err
		}
		select {
		case <-v.running.Ended():
			return errEnded
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// cycle returns what the peer uses from the end of one answer to that of the next one.
func (v *visit) cycle(ctx context.Context) (time.Duration, error) {
	if _, err := v.up.Journal(ctx); err != nil {
		return 0, err
	}
	if err := v.answered(ctx, 1); err != nil {
		return 0, err
	}
	before, err := measure.CPU(v.running.PID())
	if err != nil {
		return 0, err
	}
	if err := v.answered(ctx, 2); err != nil {
		return 0, err
	}
	after, err := measure.CPU(v.running.PID())
	return after - before, err
}

// polls enters what polls cost in which nothing changed and the memory that they took, and what those cost in which one
// item in a hundred changed.
func (v *visit) polls(ctx context.Context, runs int, rows []*report.Row) error {
	if err := v.quiet(ctx); err != nil {
		return err
	}
	sampler := measure.Sample(ctx, v.running.PID()) // as of ours, without the first poll
	for range runs {
		cost, err := v.cycle(ctx)
		if err != nil {
			return err
		}
		rows[0].Yardstick = append(rows[0].Yardstick, cost.Seconds())
	}
	rows[1].Yardstick = []float64{float64(sampler.Peak())}
	for range runs {
		if err := v.changed(ctx, rows[2], rows[3]); err != nil {
			return err
		}
	}
	return nil
}

// quiet returns when the peer has polled twice, and sends nothing any more.
func (v *visit) quiet(ctx context.Context) error {
	if err := v.answered(ctx, 2); err != nil {
		return err
	}
	for last := -1; ; {
		tally, err := v.rec.Tally(ctx)
		if err != nil || tally.Count == last {
			return err
		}
		last = tally.Count
		if err := measure.Wait(ctx, time.Second); err != nil {
			return err
		}
	}
}

// changed lets one item in a hundred change, and enters what the poll cost that finds it, and how long the last event
// took. It notes what was lost or came twice.
func (v *visit) changed(ctx context.Context, cpu, last *report.Row) error {
	changes := v.items.Change(collection.Mix{Updated: v.items.Len() / 100})
	if err := v.rec.Forget(ctx); err != nil {
		return err
	}
	if _, err := v.rec.Arrivals(ctx); err != nil {
		return err
	}
	if err := v.up.Change(ctx, upstream.Change{Name: list, Mix: collection.Mix{Updated: len(changes)}}, changes); err != nil {
		return err
	}
	cost, err := v.cycle(ctx)
	if err != nil {
		return err
	}
	answers, err := v.up.Journal(ctx)
	if err != nil {
		return err
	}
	tally, err := v.rec.Tally(ctx)
	if err != nil {
		return err
	}
	cpu.Yardstick = append(cpu.Yardstick, cost.Seconds())
	if tally.Count > 0 {
		last.Yardstick = append(last.Yardstick, tally.Last.Sub(answers[0].Ended).Seconds())
	}
	return v.count(ctx, changes, last)
}

// count notes how many of some changes arrived. Peers write items anew, so that these are told by their keys alone.
func (v *visit) count(ctx context.Context, changes []collection.Change, row *report.Row) error {
	arrivals, err := v.rec.Arrivals(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, change := range changes {
		wanted[change.Key] = true
	}
	for _, a := range arrivals {
		delete(wanted, a.Key)
	}
	lost := len(wanted)
	if more := len(arrivals) - len(changes) + lost; lost > 0 || more > 0 {
		row.Notes = append(row.Notes, fmt.Sprintf("%s delivered %d of %d changes, and %d more", v.Name, len(changes)-lost, len(changes), more))
	}
	return nil
}
