package daemon

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/poll"
)

// polls are the metrics of all sources, in a few hundred bytes each: ten thousand sources with a series of
// Prometheus for each figure take sixty megabytes. The series are made when they are asked for.
type polls struct {
	buckets []float64
	ended   *prometheus.Desc // by source and result
	took    *prometheus.Desc // by source, as are all that follow
	good    *prometheus.Desc
	items   *prometheus.Desc
	holds   *prometheus.Desc
	events  *prometheus.Desc // and by change

	mu      sync.Mutex
	sources map[string]*polled
}

// A result is how a poll ended.
type result int

const (
	good result = iota
	putOff
	failed
	held
	results // how many there are
)

func (r result) String() string {
	return [...]string{"ok", "put_off", "failed", "held"}[r]
}

// polled is what is counted of one source.
type polled struct {
	ended   [results]uint64
	buckets []uint64 // polls that took no longer than each bound
	count   uint64
	took    time.Duration
	good    int64 // when the last good poll ended, in unix seconds; 0: none did
	known   bool  // of the following, something is
	items   int
	held    bool
	events  [3]uint64 // by change
}

func newPolls() *polls {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("hookbridge_"+name, help, append([]string{"source"}, labels...), nil)
	}
	return &polls{
		buckets: buckets(),
		ended:   describe("polls_total", "Polls that ended, by result.", "result"),
		took:    describe("poll_duration_seconds", "How long polls took."),
		good:    describe("poll_last_success_timestamp_seconds", "When the last good poll ended."),
		items:   describe("items", "Items known of the source."),
		holds:   describe("holds", "Whether the source is held."),
		events:  describe("events_total", "Events that left for sinks, by change.", "change"),
		sources: map[string]*polled{},
	}
}

// note takes in how a poll went.
func (p *polls) note(r poll.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sources[r.Source]
	if s == nil {
		s = &polled{buckets: make([]uint64, len(p.buckets))}
		p.sources[r.Source] = s
	}
	s.ended[resultOf(r)]++
	s.count++
	s.took += r.Took
	for i, bound := range p.buckets {
		if r.Took.Seconds() <= bound {
			s.buckets[i]++
		}
	}
	s.learn(r)
}

func resultOf(r poll.Report) result {
	switch {
	case bridge.IsPutOff(r.Err):
		return putOff
	case r.Err != nil:
		return failed
	case r.Hold != nil:
		return held
	}
	return good
}

// learn takes in what a good poll tells of the source.
func (s *polled) learn(r poll.Report) {
	if r.Err != nil {
		return
	}
	s.known, s.items, s.held = true, r.Items, r.Hold != nil
	if s.held {
		return
	}
	s.good = time.Now().Unix()
	for i, change := range changes() {
		s.events[i] += uint64(r.Sent[change])
	}
}

func changes() [3]bridge.Change {
	return [...]bridge.Change{bridge.Created, bridge.Updated, bridge.Deleted}
}

// keep drops what belongs to other sources.
func (p *polls) keep(sources map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.sources, func(name string, _ *polled) bool { return !sources[name] })
}

// Describe is for prometheus.
func (p *polls) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{p.ended, p.took, p.good, p.items, p.holds, p.events} {
		to <- desc
	}
}

// Collect is for prometheus. It holds nobody up while the series are read.
func (p *polls) Collect(to chan<- prometheus.Metric) {
	for name, s := range p.copied() {
		p.collect(to, name, s)
	}
}

func (p *polls) copied() map[string]polled {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]polled, len(p.sources))
	for name, s := range p.sources {
		one := *s
		one.buckets = append([]uint64(nil), s.buckets...)
		all[name] = one
	}
	return all
}

func (p *polls) collect(to chan<- prometheus.Metric, name string, s polled) {
	counter := func(desc *prometheus.Desc, value uint64, label string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), name, label)
	}
	gauge := func(desc *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, name)
	}
	for i, count := range s.ended {
		if count > 0 {
			counter(p.ended, count, result(i).String())
		}
	}
	counts := map[float64]uint64{}
	for i, bound := range p.buckets {
		counts[bound] = s.buckets[i]
	}
	to <- prometheus.MustNewConstHistogram(p.took, s.count, s.took.Seconds(), counts, name)
	if s.good != 0 {
		gauge(p.good, float64(s.good))
	}
	if !s.known {
		return
	}
	gauge(p.items, float64(s.items))
	gauge(p.holds, number(s.held))
	for i, change := range changes() {
		counter(p.events, s.events[i], change.String())
	}
}
