package main

import (
	"net/http"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tocsin/bot"
)

// metrics counts for Prometheus. No label holds what people wrote, who they are, or where: a metric is read by everybody.
type metrics struct {
	registry *prometheus.Registry
	answers  *prometheus.HistogramVec
	failed   *prometheus.CounterVec
	refused  *prometheus.CounterVec
	dropped  prometheus.Counter
	inFlight prometheus.Gauge
}

var _ bot.Meter = (*metrics)(nil)

// kinds are what Slack asks for.
var kinds = []string{"command", "interaction", "event"}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		answers: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tocsin_answer_seconds", Help: "How long Slack waited for an answer. It gives up after three seconds.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3},
		}, []string{"kind"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_answers_failed_total", Help: "Requests that were not recorded, which Slack or the person was told.",
		}, []string{"kind"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_requests_refused_total", Help: "Requests that were not let in.",
		}, []string{"reason"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tocsin_events_dropped_total", Help: "Times that Slack has said that it drops events, once a minute while it does.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tocsin_requests_in_flight", Help: "Requests over HTTP that are being answered.",
		}),
	}
	for _, kind := range kinds { // so that they are there before the first one comes
		m.answers.WithLabelValues(kind)
		m.failed.WithLabelValues(kind)
	}
	m.refused.WithLabelValues("signature")
	m.refused.WithLabelValues("time")
	m.register(m.answers, m.failed, m.refused, m.dropped, m.inFlight, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) register(list ...prometheus.Collector) { m.registry.MustRegister(list...) }

// Answered and Refused are what the bot counts by.
func (m *metrics) Answered(kind string, took time.Duration, recorded bool) {
	m.answers.WithLabelValues(kind).Observe(took.Seconds())
	if !recorded {
		m.failed.WithLabelValues(kind).Inc()
	}
}

// Refused counts a request that was not let in.
func (m *metrics) Refused(reason string) { m.refused.WithLabelValues(reason).Inc() }

// Dropped counts a time for which Slack has said that it drops events.
func (m *metrics) Dropped() { m.dropped.Inc() }

// handler answers with all of them.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// flights counts the requests that a handler is answering.
func (m *metrics) flights(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.inFlight, next)
}

// buildInfo is always 1, and says in its labels which program this is.
func buildInfo() prometheus.Gauge {
	info, _ := debug.ReadBuildInfo()
	b := readBuild(info)
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tocsin_build_info", Help: "Always 1; its labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go": b.Go},
	})
	g.Set(1)
	return g
}

// gauges are the metrics that stand for what the probes last saw.
type gauges struct {
	ops *ops
	now func() time.Time
}

var (
	descReady   = prometheus.NewDesc("tocsin_ready", "1 while /readyz says ready.", nil, nil)
	descProbe   = prometheus.NewDesc("tocsin_probe_ok", "1 while what a probe last saw is fine, and not too old.", []string{"probe"}, nil)
	descAge     = prometheus.NewDesc("tocsin_probe_age_seconds", "Age of what a probe last saw.", []string{"probe"}, nil)
	descEffects = prometheus.NewDesc("tocsin_effects", "What is owed to the outside and not done. Buried: given up until a person retries it.", []string{"lane", "state"}, nil)
	descOldest  = prometheus.NewDesc("tocsin_effects_oldest_seconds", "Age of the oldest effect that is owed and not given up; 0 where there is none.", nil, nil)
	descCircuit = prometheus.NewDesc("tocsin_circuit_open", "1 while a destination does not answer and what it is owed waits.", []string{"destination"}, nil)
	descSockets = prometheus.NewDesc("tocsin_sockets_open", "Open connections of Socket Mode.", nil, nil)
	descWAL     = prometheus.NewDesc("tocsin_database_wal_bytes", "SQLite's write-ahead log; 0 on PostgreSQL.", nil, nil)
	descSize    = prometheus.NewDesc("tocsin_database_bytes", "The database.", nil, nil)
	descWritten = prometheus.NewDesc("tocsin_database_last_write_timestamp_seconds", "When the probe of the database last wrote something durably, in Unix time; 0: never.", nil, nil)
)

// Describe tells which there are.
func (g gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descReady, descProbe, descAge, descEffects, descOldest, descCircuit, descSockets, descWAL, descSize, descWritten,
	} {
		to <- d
	}
}

// Collect reads what the probes last saw, and asks nobody.
func (g gauges) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	o, stats, state := g.ops, g.ops.stats.Load(), g.ops.state.Load()
	gauge(descReady, one(len(o.unready()) == 0))
	for _, p := range o.probes() {
		gauge(descProbe, one(p.err() == nil), p.name)
		gauge(descAge, time.Since(p.seen.Load().at).Seconds(), p.name)
	}
	for at, n := range o.effects(stats) {
		gauge(descEffects, float64(n), string(at.lane), string(at.state))
	}
	gauge(descOldest, age(stats.Oldest, g.now()).Seconds())
	for _, c := range state.circuits {
		gauge(descCircuit, one(c.Open), c.Destination)
	}
	if state.socket != nil {
		gauge(descSockets, float64(state.socket.Open))
	}
	gauge(descWAL, float64(stats.WAL))
	gauge(descSize, float64(stats.Size))
	gauge(descWritten, float64(o.wrote.Load())/1000)
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// age of what happened at an instant, 0 where nothing has.
func age(at, now time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return max(now.Sub(at), 0)
}
