package workload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/collection"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/ledger"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/measure"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/receiver"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/subject"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/upstream"
	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/yardstick"
)

// The names of the one collection, and of the source and the sink where there is one of each.
const (
	list = "items"
	app  = "app"
)

// inFlight is how many attempts a sink may make at a time.
const inFlight = 64

// seed is that of all collections.
const seed = 20261123

// scene is the program among an upstream, a receiver and a yardstick, with a ledger of what it must deliver.
type scene struct {
	*Bench
	dir     string
	secret  string
	traced  bool
	spec    upstream.Spec
	up      *upstream.Client
	rec     *receiver.Client
	yard    *yardstick.Client
	hb      *subject.Subject // nil while it does not run
	config  subject.Config
	items   *collection.Collection
	ledger  *ledger.Ledger
	arrived []receiver.Arrival
}

// open makes a scene around a collection, in which the program does not run yet.
func (b *Bench) open(ctx context.Context, spec upstream.Spec) (*scene, error) {
	spec.Name, spec.Seed = list, seed
	s := &scene{
		Bench: b, secret: signature.NewSecret(), spec: spec,
		items: collection.New(seed, spec.Items), ledger: ledger.New(),
	}
	if err := s.build(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *scene) build(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp(s.Dir, "hb-"); err != nil {
		return fmt.Errorf("make directory of the program: %w", err)
	}
	if s.up, err = upstream.Start(ctx, s.spec); err != nil {
		return err
	}
	if s.rec, err = receiver.Start(ctx, receiver.Manner{Secret: s.secret}); err != nil {
		return err
	}
	if s.yard, err = yardstick.Start(ctx); err != nil {
		return err
	}
	s.config = subject.Config{
		Sources: []subject.Source{{Name: list, URL: s.up.URL(list), Every: time.Second, Sink: app}},
		Sinks:   []subject.Sink{{Name: app, URL: s.rec.URL, Secret: s.secret, Concurrency: inFlight}},
	}
	return nil
}

// close ends all parts, and removes the state.
func (s *scene) close() error {
	if s.hb != nil {
		_ = s.hb.Kill()
	}
	for _, part := range []interface{ Close() error }{s.up, s.rec, s.yard} {
		if !isNil(part) {
			_ = part.Close() // it may have been killed by the end of the context
		}
	}
	return os.RemoveAll(s.dir)
}

// isNil tells a part that was never started.
func isNil(part any) bool {
	switch p := part.(type) {
	case *upstream.Client:
		return p == nil
	case *receiver.Client:
		return p == nil
	case *yardstick.Client:
		return p == nil
	}
	return false
}

// run starts the program.
func (s *scene) run(ctx context.Context) (err error) {
	options := subject.Options{Binary: s.Binary, Dir: s.dir, Profile: s.Profile != ""}
	if s.traced {
		options.Trace = s.log()
	}
	s.hb, err = subject.Start(ctx, options, s.config)
	return err
}

// noteDisk notes how much of the disk the state takes.
func (s *scene) noteDisk(row *report.Row) error {
	used, err := measure.DiskUse(filepath.Join(s.dir, "state"))
	row.Notes = append(row.Notes, "the state takes "+report.Bytes.Format(float64(used))+" of the disk")
	return err
}

func (s *scene) log() string { return filepath.Join(s.dir, "trace") }

// rerun stops the program and starts it again, so that its memory is that of what comes.
func (s *scene) rerun(ctx context.Context) error {
	if err := s.hb.Stop(); err != nil {
		return err
	}
	return s.run(ctx)
}

// baseline runs the program until it has polled its one source for the first time, and has the source polled from
// then on only when it is asked to.
func (s *scene) baseline(ctx context.Context) error {
	if err := s.run(ctx); err != nil {
		return err
	}
	if err := s.known(ctx); err != nil {
		return err
	}
	if _, err := s.hb.Pause(ctx, list); err != nil {
		return err
	}
	return measure.Rest(ctx, s.hb.PID())
}

// known returns when the source has its baseline.
func (s *scene) known(ctx context.Context) error {
	for {
		source, err := s.hb.Source(ctx, list)
		switch {
		case err != nil:
			return err
		case source.Failures > 0:
			return fmt.Errorf("poll for the first time: %s", source.Reason)
		case !source.Baseline.IsZero():
			return nil
		}
		if err := measure.Wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// poll polls the source once.
func (s *scene) poll(ctx context.Context) error {
	r, err := s.hb.Poll(ctx, list)
	switch {
	case err != nil:
		return err
	case r.Error != "":
		return errors.New(r.Error)
	case r.Hold != nil:
		return fmt.Errorf("the poll is held: %s", r.Hold.Reason)
	}
	return nil
}

// change lets the collection change, and enters it in the ledger.
func (s *scene) change(ctx context.Context, mix collection.Mix) error {
	changes := s.items.Change(mix)
	s.ledger.Add(list, changes...)
	return s.up.Change(ctx, upstream.Change{Name: list, Mix: mix}, changes)
}

// patience is how long nothing may arrive where something must.
const patience = 30 * time.Second

// await returns when so many events have arrived, or none does any more: what is missing is for the ledger to say.
func (s *scene) await(ctx context.Context, count int) (receiver.Tally, error) {
	tally, err := s.rec.Await(ctx, count, patience)
	if errors.Is(err, receiver.ErrQuiet) {
		return s.rec.Tally(ctx)
	}
	return tally, err
}

// judge waits until nothing is queued any more, and says what is wrong with what arrived.
func (s *scene) judge(ctx context.Context) (wrong []string, err error) {
	if err := s.settled(ctx); err != nil {
		return nil, err
	}
	arrivals, err := s.rec.Arrivals(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range arrivals {
		if a.ID != "" { // else it was the yardstick's
			s.arrived = append(s.arrived, a)
		}
	}
	return s.ledger.Judge(s.arrived).Faults, nil
}

// settled returns when all that was queued has been delivered and written off, and then a moment later, in which an
// event may arrive that should not.
func (s *scene) settled(ctx context.Context) error {
	for last, quiet := -1, measure.Now(); measure.Now().Sub(quiet) < patience; {
		sink, err := s.hb.Sink(ctx, app)
		if err != nil {
			return err
		}
		if sink.Queue.Pending == 0 {
			return measure.Wait(ctx, 100*time.Millisecond)
		}
		if sink.Queue.Pending != last {
			last, quiet = sink.Queue.Pending, measure.Now()
		}
		if err := measure.Wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil // the ledger will say what is missing
}
