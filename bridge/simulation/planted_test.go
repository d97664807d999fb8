package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// planted are bugs of a kind that programs like this one have had. Each is put around a part of the program that
// is right, so that the program itself carries none of it.
func planted() []bent {
	return []bent{
		{name: "cursor committed early", finds: "lost state", bendState: func(s store.Sources) store.Sources { return hastyState{s} }},
		{name: "delete on a partial page", finds: "believed invented", bendSource: func(s bridge.Source) bridge.Source { return hastySource{s} }},
		{name: "order swapped", finds: "order", bendState: func(s store.Sources) store.Sources { return orderless{s} }, bendOutbox: func(o store.Outbox) store.Outbox { return backwards{o} }},
		{name: "id changed on retry", finds: "id", bendSink: func(s bridge.Sink) bridge.Sink { return &renaming{Sink: s, made: map[string]int{}} }},
		{name: "outbox acknowledged early", finds: "lost", bendOutbox: func(o store.Outbox) store.Outbox { return &hastyOutbox{Outbox: o, kept: map[string][]store.Delivery{}} }},
	}
}

// enough is within how many seeds each planted bug is found.
const enough = 25

// R7: a simulation that finds nothing proves nothing. It finds each of these.
func TestEachPlantedBugIsFound(t *testing.T) {
	for _, bug := range planted() {
		t.Run(strings.ReplaceAll(bug.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= enough; seed++ {
				o := run(t, newPlan(seed, large()), bug)
				at := slices.IndexFunc(o.wrong, func(v violation) bool { return slices.Contains(strings.Fields(bug.finds), v.kind) })
				if at >= 0 {
					t.Logf("found with seed %d, as %q: %.300s", seed, o.wrong[at].kind, o.wrong[at].text)
					return
				}
			}
			t.Errorf("not found within %d seeds", enough)
		})
	}
}

// hastyState keeps the cursor of a poll before what the poll has found.
type hastyState struct{ store.Sources }

func (s hastyState) Commit(ctx context.Context, c store.Commit) error {
	if c.Memory != nil {
		if err := s.Sources.Commit(ctx, store.Commit{Source: c.Source, Memory: c.Memory}); err != nil {
			return err
		}
		c.Memory = nil
	}
	return s.Sources.Commit(ctx, c)
}

// hastySource takes a listing that broke off for all there is.
type hastySource struct{ bridge.Source }

func (s hastySource) Poll(ctx context.Context, since bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	yielded, refused := 0, false
	outcome, err := s.Source.Poll(ctx, since, func(i bridge.Item) error {
		yielded++
		err := yield(i)
		refused = refused || err != nil
		return err
	})
	if err != nil && yielded > 0 && !refused && ctx.Err() == nil {
		return bridge.Outcome{Coverage: bridge.Complete}, nil
	}
	return outcome, err
}

// orderless forgets which deliveries have to wait for each other, and backwards takes the last one first.
type orderless struct{ store.Sources }

func (s orderless) Commit(ctx context.Context, c store.Commit) error {
	for _, a := range c.Append {
		for n := range a.To {
			a.To[n].Order = store.Hash{}
		}
	}
	return s.Sources.Commit(ctx, c)
}

type backwards struct{ store.Outbox }

func (o backwards) Claim(ctx context.Context, sink string, now time.Time, limit int) ([]store.Delivery, time.Time, error) {
	claimed, next, err := o.Outbox.Claim(ctx, sink, now, limit)
	slices.Reverse(claimed)
	return claimed, next, err
}

// renaming gives each attempt an id of its own.
type renaming struct {
	bridge.Sink
	mu   sync.Mutex
	made map[string]int
}

func (s *renaming) Send(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
	s.mu.Lock()
	s.made[e.ID]++
	if n := s.made[e.ID]; n > 1 {
		e.ID += fmt.Sprintf("_%d", n)
	}
	s.mu.Unlock()
	return s.Sink.Send(ctx, e)
}

// hastyOutbox acknowledges what is about to be sent, and keeps in memory what has to be sent again.
type hastyOutbox struct {
	store.Outbox
	mu   sync.Mutex
	kept map[string][]store.Delivery // by sink
}

func (o *hastyOutbox) Claim(ctx context.Context, sink string, now time.Time, limit int) ([]store.Delivery, time.Time, error) {
	if again := o.again(sink, now); len(again) > 0 {
		return again, now, nil
	}
	claimed, next, err := o.Outbox.Claim(ctx, sink, now, limit)
	var done []store.Settlement
	for _, d := range claimed {
		done = append(done, store.Settlement{Delivery: d, State: store.Done})
	}
	if err == nil && len(done) > 0 {
		err = o.Outbox.Settle(ctx, done)
	}
	return claimed, next, err
}

// again takes out what is due again.
func (o *hastyOutbox) again(sink string, now time.Time) (due []store.Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept[sink] = slices.DeleteFunc(o.kept[sink], func(d store.Delivery) bool {
		if d.Due.After(now) {
			return false
		}
		due = append(due, d)
		return true
	})
	return due
}

func (o *hastyOutbox) Settle(_ context.Context, settled []store.Settlement) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range settled {
		if s.State == store.Pending {
			d := s.Delivery
			d.Due = s.Due
			d.Attempts++
			o.kept[d.Sink] = append(o.kept[d.Sink], d)
		}
	}
	return nil
}

func (o *hastyOutbox) Release(_ context.Context, claimed []store.Delivery) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, d := range claimed {
		o.kept[d.Sink] = append(o.kept[d.Sink], d)
	}
	return nil
}
