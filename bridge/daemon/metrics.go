package daemon

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/deliver"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// metrics are what Prometheus reads. Their labels are names of the configuration and fixed words, never a
// key or an address, so that their number is bounded.
type metrics struct {
	registry   *prometheus.Registry
	polls      *polls
	deliveries *prometheus.CounterVec   // by sink and outcome
	delivery   *prometheus.HistogramVec // by sink
	paused     *prometheus.GaugeVec     // by sink
	disabled   *prometheus.GaugeVec     // by sink
	broken     *prometheus.GaugeVec     // by sink

	mu    sync.Mutex // held while what is configured changes, and by Attempt
	sinks map[string]bool
}

func newMetrics(ctx context.Context, history store.History, version string) *metrics {
	m := &metrics{
		registry:   prometheus.NewRegistry(),
		polls:      newPolls(),
		deliveries: counter("deliveries_total", "Attempts that ended, by outcome.", "sink", "outcome"),
		delivery:   histogram("delivery_duration_seconds", "How long attempts took.", "sink"),
		paused:     gauge("sink_paused", "Whether an operator paused the sink.", "sink"),
		disabled:   gauge("sink_disabled", "Whether the sink stands still because its receiver asked for no more.", "sink"),
		broken:     gauge("sink_broken", "Whether the sink's endpoint fails for everyone, so that only single attempts are made.", "sink"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "hookbridge_build_info", Help: "The version that runs.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(build, m.polls, m.deliveries, m.delivery, m.paused, m.disabled, m.broken, newBacklog(ctx, history), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hookbridge_" + name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hookbridge_" + name, Help: help}, labels)
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Name: "hookbridge_" + name, Help: help, Buckets: buckets()}, labels)
}

// buckets are the bounds of what things take, in seconds: 5 ms to 82 s.
func buckets() []float64 { return prometheus.ExponentialBuckets(0.005, 4, 8) }

// handler answers with what there is: a state that is too busy to say what waits in it must not hide all the rest.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Attempt takes in how an attempt went. A sink that is gone may still end its last ones.
func (m *metrics) Attempt(sink, outcome string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.sinks[sink] {
		return
	}
	m.deliveries.WithLabelValues(sink, outcome).Inc()
	m.delivery.WithLabelValues(sink).Observe(took.Seconds())
}

// Stands takes in where a sink stands.
func (m *metrics) Stands(sink string, status deliver.Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.sinks[sink] {
		return
	}
	m.paused.WithLabelValues(sink).Set(number(!status.Paused.IsZero()))
	m.disabled.WithLabelValues(sink).Set(number(!status.Disabled.IsZero()))
	m.broken.WithLabelValues(sink).Set(number(status.Broken))
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// configured drops what belongs to sources and sinks that are gone.
func (m *metrics) configured(c *config.Config) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sources, sinks := map[string]bool{}, map[string]bool{}
	for _, s := range c.Sources {
		sources[s.Name] = true
	}
	for _, s := range c.Sinks {
		sinks[s.Name] = true
	}
	m.polls.keep(sources)
	drop(m.sinks, sinks, m.deliveries.DeletePartialMatch, m.delivery.DeletePartialMatch,
		m.paused.DeletePartialMatch, m.disabled.DeletePartialMatch, m.broken.DeletePartialMatch)
	m.sinks = sinks
}

func drop(was, now map[string]bool, from ...func(prometheus.Labels) int) {
	for name := range was {
		if now[name] {
			continue
		}
		for _, remove := range from {
			remove(prometheus.Labels{"sink": name})
		}
	}
}

// backlog reads the outbox when it is asked for.
type backlog struct {
	ctx     context.Context // of the daemon: prometheus passes none on
	history store.History
	pending *prometheus.Desc
	oldest  *prometheus.Desc
	dead    *prometheus.Desc
}

func newBacklog(ctx context.Context, history store.History) *backlog {
	describe := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("hookbridge_"+name, help, []string{"sink"}, nil)
	}
	return &backlog{
		ctx: ctx, history: history,
		pending: describe("outbox_deliveries", "Deliveries that wait."),
		oldest:  describe("outbox_oldest_seconds", "Age of the oldest delivery that waits."),
		dead:    describe("deadletters", "Deliveries that were given up."),
	}
}

// Describe is for prometheus.
func (b *backlog) Describe(to chan<- *prometheus.Desc) {
	to <- b.pending
	to <- b.oldest
	to <- b.dead
}

// Collect is for prometheus.
func (b *backlog) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	queues, err := b.history.Queue(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(b.pending, err)
		return
	}
	for sink, q := range queues {
		to <- prometheus.MustNewConstMetric(b.pending, prometheus.GaugeValue, float64(q.Pending), sink)
		to <- prometheus.MustNewConstMetric(b.dead, prometheus.GaugeValue, float64(q.Dead), sink)
		age := 0.0
		if !q.Oldest.IsZero() {
			age = time.Since(q.Oldest).Seconds()
		}
		to <- prometheus.MustNewConstMetric(b.oldest, prometheus.GaugeValue, age, sink)
	}
}
