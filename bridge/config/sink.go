package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// maxAttempts bounds a schedule of retries.
const maxAttempts = 100

type sinkBlock struct {
	Timeout     hcl.Expression `hcl:"timeout,optional"`
	Concurrency hcl.Expression `hcl:"concurrency,optional"`
	Rate        hcl.Expression `hcl:"rate,optional"`
	Order       hcl.Expression `hcl:"order,optional"`
	Health      hcl.Expression `hcl:"health,optional"`
	Retry       *retryBlock    `hcl:"retry,block"`
	Batch       *batchBlock    `hcl:"batch,block"`
	Rest        hcl.Body       `hcl:",remain"`
}

type retryBlock struct {
	Schedule hcl.Expression `hcl:"schedule,optional"`
	Jitter   hcl.Expression `hcl:"jitter,optional"`
}

type batchBlock struct {
	Max  hcl.Expression `hcl:"max,optional"`
	Wait hcl.Expression `hcl:"wait,optional"`
	At   hcl.Range      `hcl:",def_range"`
}

// sinkUnit is a sink's block between its declaration and its reading.
type sinkUnit struct {
	*unit
	core  sinkBlock
	order store.Order
	twin  bool // its name is another's
}

// declareSinks reads of every sink what sources must know of it.
func (l *loader) declareSinks() {
	first := map[string]hcl.Range{}
	for _, block := range l.blocks["sink"] {
		s := &sinkUnit{unit: l.open(block)}
		s.decode(&s.core)
		s.order = orderOf(s)
		checkName(s.unit)
		s.twin = !checkUnique(s.unit, first)
		if !s.twin {
			l.sinks[block.Labels[1]] = &declared{at: block.DefRange, order: s.order}
		}
		l.sinkUnits = append(l.sinkUnits, s)
	}
}

func orderOf(s *sinkUnit) store.Order {
	return map[string]store.Order{
		"key": store.OrderKey, "strict": store.OrderStrict, "none": store.OrderNone,
	}[s.OneOf(s.core.Order, "key", "key", "strict", "none")]
}

func (l *loader) readSinks() {
	for _, s := range l.sinkUnits {
		settings := l.readSink(s)
		if !s.twin {
			l.config.Sinks = append(l.config.Sinks, settings)
			l.sinks[settings.Name].health = settings.Health
		}
		l.close(s.unit)
	}
}

func (l *loader) readSink(s *sinkUnit) deliver.Settings {
	kind, sink := build(l, s.unit, l.options.Kinds.Sinks, s.core.Rest, sinkBlock{})
	settings := deliver.Settings{
		Name:        s.block.Labels[1],
		Kind:        kind.Name,
		Sink:        sink,
		Order:       s.order,
		Timeout:     s.Duration(s.core.Timeout, deliver.DefaultTimeout, time.Second, time.Hour),
		Concurrency: s.Int(s.core.Concurrency, deliver.DefaultConcurrency, 1, 1000),
		Schedule:    deliver.DefaultSchedule(),
		Jitter:      deliver.DefaultJitter,
		Rate:        s.Rate(s.core.Rate),
		Batch:       readBatch(s, sink),
		Health:      l.readSinkHealth(s),
	}
	if retry := s.core.Retry; retry != nil {
		settings.Schedule = readSchedule(s.unit, retry.Schedule)
		settings.Jitter = s.Ratio(retry.Jitter, deliver.DefaultJitter)
	}
	settings.Version = l.version(s.unit, s.lent, settings.Health)
	return settings
}

// readSinkHealth reads who hears of the sink. One that tells of itself would tell nothing while it fails.
func (l *loader) readSinkHealth(s *sinkUnit) []store.Recipient {
	health := l.targets(s.unit, s.core.Health)
	for _, recipient := range health {
		if recipient.Sink == s.name() {
			s.Fail(s.core.Health, "Sink tells of itself", "What fails cannot say so: name another sink than %s.", s.name())
		}
	}
	return health
}

// defaultBatch is how many events leave together where the block does not say.
const defaultBatch = 100

func readBatch(s *sinkUnit, sink bridge.Sink) (batch deliver.Batch) {
	b := s.core.Batch
	if b == nil {
		return batch
	}
	batch.Max = s.Int(b.Max, defaultBatch, 1, deliver.MaxBatch)
	batch.Wait = s.Duration(b.Wait, deliver.DefaultBatchWait, 0, time.Hour)
	_, able := sink.(bridge.Batcher)
	switch {
	case sink != nil && !able:
		s.Report(setting.Wrong(b.At, "No batches", "This sink hands over one event at a time, because of its kind, %q, or of "+
			"the shape that it gives to each: take out the block.", s.block.Labels[0]))
	case s.order == store.OrderStrict:
		s.Report(setting.Wrong(b.At, "Batch in strict order", "Under order = \"strict\" an event leaves when the one before "+
			"it has arrived, so that batches never hold more than one: take \"key\", or take out the block."))
	}
	return batch
}

// readSchedule reads the waits between attempts; none at all means a single attempt.
func readSchedule(u *unit, x hcl.Expression) []time.Duration {
	schedule := u.Durations(x, deliver.DefaultSchedule(), 10*time.Millisecond, 30*24*time.Hour)
	if len(schedule) > maxAttempts {
		u.Fail(x, "Schedule too long", "It takes up to %d waits.", maxAttempts)
	}
	return schedule
}
