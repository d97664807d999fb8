package simulation

import (
	"context"
	"io"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// watched is a source whose polls are written down.
type watched struct {
	bridge.Source
	identified bridge.Source // the plugin itself
	life       *life
	setup      *setup
	name       string
}

func (w *watched) Identity() string { return w.identified.(bridge.Identified).Identity() }

func (w *watched) Close() error { return w.identified.(io.Closer).Close() }

// Poll writes down when the poll begins and when it ends, and what the state held before it where that is not
// known.
func (w *watched) Poll(ctx context.Context, cursor bridge.Cursor, yield func(bridge.Item) error) (bridge.Outcome, error) {
	l := w.life
	p := &polled{source: *w.setup.source(w.name), setup: w.setup, life: l.number, began: time.Now()}
	look := false
	l.ledger.note(func() {
		c := p.source.collection
		look = l.opened[c] || l.under[w.name] != nil || time.Since(l.last[c]) > 20*24*time.Hour
		l.last[c] = p.began
		delete(l.opened, c)
		l.under[w.name] = p
		l.ledger.polls = append(l.ledger.polls, p)
	})
	if look || l.dice.chance(0.05, "peek", w.name, p.began.UnixNano()) {
		p.peek = l.peek(ctx, w.name)
	}
	time.Sleep(l.dice.span(0, time.Millisecond, "parted", w.name, p.began.UnixNano())) // from others of this instant
	p.asked = time.Now()
	outcome, err := w.Source.Poll(ctx, cursor, yield)
	if l.gate.alive() {
		l.ledger.note(func() { p.ended, p.err, p.more = time.Now(), err, outcome.More })
	}
	return outcome, err
}

// apart is a sink whose attempts do not end in one instant: in which order a program hears of them would be left to
// chance.
type apart struct {
	bridge.Sink
	dice dice
}

func (a *apart) Send(ctx context.Context, e bridge.Event) (bridge.Receipt, error) {
	receipt, err := a.Sink.Send(ctx, e)
	time.Sleep(a.dice.span(time.Microsecond, time.Millisecond, e.Source, e.Key, e.Type, e.Revision, time.Now().UnixNano()))
	return receipt, err
}

func (a *apart) Close() error {
	if closer, ok := a.Sink.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// peek reads what the state holds of a source.
func (l *life) peek(ctx context.Context, name string) *peek {
	seen := &peek{at: time.Now(), items: map[string]kept{}}
	var err error
	if seen.memory, err = l.raw.Memory(ctx, name); err != nil {
		return nil
	}
	for entry, err := range l.raw.Entries(ctx, name) {
		if err != nil {
			return nil
		}
		l.look(ctx, name, entry, seen)
	}
	return seen
}

func (l *life) look(ctx context.Context, name string, entry store.Entry, seen *peek) {
	snapshot, err := l.raw.Stored(ctx, name, entry)
	if err != nil {
		l.t.Errorf("seed %d: an entry without a snapshot: %v", l.plan.seed, err)
		return
	}
	if one, err := readItem(snapshot.Body); err == nil && one != nil {
		waits := 0
		if entry.Candidate != nil {
			waits = int(entry.Candidate.Polls)
		}
		seen.items[snapshot.Key] = kept{*one, entry.Revision, int(entry.Absent), waits}
	}
}
