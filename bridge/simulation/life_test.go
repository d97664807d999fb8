package simulation

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/budget"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/poll"
	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/sinks/webhook"
	"github.com/hookbridge/hookbridge/sources/http"
)

// A life is one run of the program, from a start to a stop or a kill.
type life struct {
	*world
	number int
	dice   dice
	gate   *gate
	state  *state
	raw    store.Store
	outbox store.Outbox
	polls  *poll.Loop
	sinks  map[string]*delivering
	ending map[string]<-chan struct{} // closed when the loop that a sink had last is done
	budget *budget.Registry
	began  time.Time
	ended  time.Time
	down   time.Duration // after it
	death  death

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// A death is how a life is to end.
type death struct {
	after time.Duration
	point string // "" for a stop at that time, "time" for a kill, else the point of the kill
	times int
}

// delivering is the loop of a sink.
type delivering struct {
	settings deliver.Settings
	loop     *deliver.Loop
	stop     context.CancelFunc
	done     chan struct{}
	stint    *stint
}

// born begins a life.
func (w *world) born(number int) *life {
	l := &life{
		world: w, number: number, dice: w.plan.dice.of("life", number), began: time.Now(),
		gate: newGate(w.network.Dial), sinks: map[string]*delivering{}, ending: map[string]<-chan struct{}{}, budget: budget.NewRegistry(),
	}
	w.at.Store(l)
	l.ctx, l.cancel = context.WithCancel(w.t.Context())
	l.death = l.dies()
	l.down = choose(l.dice, []weight[time.Duration]{
		{4, l.dice.scale(100*time.Millisecond, time.Minute, "down")},
		{2, l.dice.scale(time.Minute, max(2*time.Minute, l.plan.scale.hour), "long down")},
		{1, l.dice.scale(l.plan.scale.hour, 72*l.plan.scale.hour, "very long down")},
	}, "downtime")
	l.raw = w.open(l.ctx)
	l.state = &state{Store: l.raw, gate: l.gate, dice: l.dice.of("disk"), real: w.plan.scale.real, full: &w.full}
	l.outbox = w.bent.outbox(l.state)
	w.ledger.note(func() { w.ledger.lives = append(w.ledger.lives, l) })
	return l
}

// dies draws how the life ends.
func (l *life) dies() death {
	return death{
		after: l.dice.scale(time.Second, l.plan.length/2, "death"),
		point: choose(l.dice, []weight[string]{
			{2, ""},
			{2, "time"},
			{1, "page asked"},
			{1, "page answered"},
			{3, "commit submitted"},
			{3, "commit durable"},
			{1, "remember submitted"},
			{1, "remember durable"},
			{1, "claim " + pick(l.dice, l.plan.first.sinks, "claimed").name},
			{2, "settle submitted"},
			{2, "settle durable"},
			{1, "event arrives"},
			{2, "event taken"},
			{2, "answer read"},
			{0.5, "stand submitted"},
			{0.5, "stand durable"},
		}, "point"),
		times: 1 + l.dice.below(3, "times"),
	}
}

// lives runs the life to its end.
func (l *life) lives() {
	c := l.load(l.setup)
	options := poll.Options{
		Store: l.bent.sources(l.state), Log: slog.New(slog.DiscardHandler), Temp: l.dir, Observe: l.observe,
		Wall: l.wall, Random: l.dice.source("poll"),
	}
	l.polls = poll.New(options)
	if err := l.polls.Start(l.ctx, c.Sources); err != nil && l.gate.alive() && !l.full.Load() {
		l.t.Fatalf("seed %d: start: %v", l.plan.seed, err)
	}
	l.running.Go(func() { _ = l.polls.Run(l.ctx) })
	l.takeSinks(c.Sinks)
	(&operator{life: l}).works()
	l.ends()
}

// ends waits for all that runs, which ends at once where the life was killed.
func (l *life) ends() {
	l.cancel()
	l.running.Wait()
	for _, s := range l.sinks {
		if closer, ok := s.settings.Sink.(io.Closer); ok {
			_ = closer.Close()
		}
	}
	l.ledger.note(func() {
		l.ended = time.Now()
		for name, p := range l.under {
			l.opened[p.source.collection] = true
			delete(l.under, name)
		}
	})
	if err := l.raw.Close(); err != nil {
		l.t.Errorf("seed %d: close: %v", l.plan.seed, err)
	}
}

// end is when the life ended for all others, however long the dying took.
func (l *life) end() time.Time {
	if !l.gate.alive() {
		return l.gate.when
	}
	return l.ended
}

// load writes the configuration and reads it as the program does.
func (l *life) load(s *setup) *config.Config {
	path := filepath.Join(l.dir, "hookbridge.hcl")
	if err := os.WriteFile(path, []byte(s.write()), 0o600); err != nil {
		l.t.Fatal(err)
	}
	c, diags := config.Load(path, config.Options{
		Kinds: config.Kinds{
			Sources: []bridge.Kind[bridge.Source]{{Name: "http", New: func(body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
				return l.watch(s, body, env)
			}}},
			Sinks: []bridge.Kind[bridge.Sink]{{Name: "webhook", New: func(body hcl.Body, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
				one, diags := webhook.Kind().New(body, env)
				return &apart{Sink: l.bent.sink(one), dice: l.dice.of(env.Name)}, diags
			}}},
		},
		Getenv: func(string) (string, bool) { return "", false },
		Env:    bridge.Env{Dial: l.gate.dial, Temp: l.dir}, Budgets: l.budget,
	})
	if diags.HasErrors() {
		l.t.Fatalf("seed %d: %v\n%s", l.plan.seed, diags, s.write())
	}
	return c
}

// takeSinks makes these the sinks that are delivered to. Those whose Version stayed are left alone.
func (l *life) takeSinks(all []deliver.Settings) {
	wanted := map[string]deliver.Settings{}
	for _, settings := range all {
		one := l.setup.sink(settings.Name)
		if settings.Rate = one.rate; one.health {
			settings.Health = []store.Recipient{{Sink: ops}}
		}
		settings.Version += fmt.Sprint(settings.Rate, settings.Health)
		wanted[settings.Name] = settings
	}
	for _, name := range sortedKeys(l.sinks) {
		if old := l.sinks[name]; wanted[name].Version != old.settings.Version {
			old.stop()
			l.ending[name] = old.done
			delete(l.sinks, name)
		}
	}
	for _, settings := range all {
		if l.sinks[settings.Name] == nil {
			l.deliver(wanted[settings.Name], l.ending[settings.Name])
			delete(l.ending, settings.Name)
		}
	}
}

// deliver begins to deliver to a sink, when its loop before has ended.
func (l *life) deliver(settings deliver.Settings, before <-chan struct{}) {
	ctx, stop := context.WithCancel(l.ctx)
	one := &delivering{settings: settings, stop: stop, done: make(chan struct{})}
	one.loop = deliver.New(settings, deliver.Options{Store: l.outbox, Wall: l.wall, Random: l.dice.source("deliver", settings.Name, time.Now().UnixNano())})
	l.sinks[settings.Name] = one
	began := sink{}
	if known := l.setup.sink(settings.Name); known != nil {
		began = *known
	}
	l.running.Go(func() {
		defer close(one.done)
		if before != nil {
			<-before
		}
		one.stint = &stint{sink: began, life: l.number, from: time.Now()}
		l.ledger.note(func() { l.ledger.stints = append(l.ledger.stints, one.stint) })
		asked := l.noteAsked(ctx, one.stint)
		_ = one.loop.Run(ctx)
		asked()
		l.ledger.note(func() { one.stint.until, one.stint.killed = time.Now(), !l.gate.alive() })
	})
}

// noteAsked writes down when a stint is asked to end. What it returns waits until that is written, if it was asked.
func (l *life) noteAsked(ctx context.Context, s *stint) (wait func()) {
	written := make(chan struct{})
	forget := context.AfterFunc(ctx, func() {
		defer close(written)
		l.ledger.note(func() { s.asked = time.Now() })
	})
	return func() {
		if !forget() {
			<-written
		}
	}
}

// observe hears of the end of each poll.
func (l *life) observe(r poll.Report) {
	if !l.gate.alive() {
		return
	}
	l.ledger.note(func() {
		p := l.under[r.Source]
		if p == nil || !p.began.Equal(r.Started) {
			l.ledger.reports = append(l.ledger.reports, r)
			return
		}
		p.report, p.reported = &r, time.Now()
		if r.Err != nil && p.err == nil {
			l.opened[p.source.collection] = true // a part of it may have been written
		}
		delete(l.under, r.Source)
	})
}

// watch builds a source that is written down when it polls.
func (l *life) watch(s *setup, body hcl.Body, env bridge.Env) (bridge.Source, hcl.Diagnostics) {
	env.Random = l.dice.source("fetch", env.Name, time.Now().UnixNano())
	built, diags := http.Kind().New(body, env)
	if diags.HasErrors() {
		return nil, diags
	}
	return &watched{Source: l.bent.source(built), identified: built, life: l, setup: s, name: env.Name}, diags
}
