package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// maxAttempts bounds a schedule of retries.
const maxAttempts = 100

type sinkBlock struct {
	Timeout     hcl.Expression `hcl:"timeout,optional"`
	Concurrency hcl.Expression `hcl:"concurrency,optional"`
	Order       hcl.Expression `hcl:"order,optional"`
	Retry       *retryBlock    `hcl:"retry,block"`
	Rest        hcl.Body       `hcl:",remain"`
}

type retryBlock struct {
	Schedule hcl.Expression `hcl:"schedule,optional"`
	Jitter   hcl.Expression `hcl:"jitter,optional"`
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
	}
	if retry := s.core.Retry; retry != nil {
		settings.Schedule = readSchedule(s.unit, retry.Schedule)
		settings.Jitter = s.Ratio(retry.Jitter, deliver.DefaultJitter)
	}
	settings.Version = l.version(s.unit, s.lent)
	return settings
}

// readSchedule reads the waits between attempts; none at all means a single attempt.
func readSchedule(u *unit, x hcl.Expression) []time.Duration {
	schedule := u.Durations(x, deliver.DefaultSchedule(), 10*time.Millisecond, 30*24*time.Hour)
	if len(schedule) > maxAttempts {
		u.Fail(x, "Schedule too long", "It takes up to %d waits.", maxAttempts)
	}
	return schedule
}
