package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"tocsin/bot"
	"tocsin/incident"
	"tocsin/incident/outbox"
	"tocsin/store"
)

// ops tells operators and their machines how the program fares. It asks nothing while it answers: it knows what its probes
// last saw.
type ops struct {
	listener net.Listener // nil: it only looks
	metrics  *metrics
	access   *access
	log      *slog.Logger
	green    sync.Once // it was ready for the first time
	stopping atomic.Bool
	http     bool // signed requests are taken

	database *probe // something is written and synced
	figures  *probe // what the store counts
	slack    *probe // whether our token is accepted
	inside   *probe // what the program knows of itself
	lanes    []incident.Lane
	wrote    atomic.Int64 // when something was last written and synced, in Unix milliseconds
	stats    atomic.Pointer[store.Stats]
	state    atomic.Pointer[state]
}

// state is what the program knows of itself.
type state struct {
	circuits []outbox.Circuit
	socket   *bot.Status // nil: no Socket Mode
	damage   string      // that the examination of the database has found
}

const (
	pulse = 5 * time.Second // how often most probes look, and the outbox is nudged
	// wedged is for how long a look that should take seconds may hang before the program calls itself beyond help.
	wedged = 10 * time.Minute
)

// newOps makes the probes of a program that is wired. They begin with watch.
func newOps(p *program, every time.Duration) *ops {
	o := &ops{metrics: p.metrics, access: p.access, log: p.log, http: p.listener != nil, lanes: slices.Collect(maps.Keys(p.outbox.Couriers))}
	o.stats.Store(&store.Stats{})
	o.state.Store(&state{})
	o.database = newProbe("database", every, 3*time.Second, func(ctx context.Context) error {
		err := p.store.Healthy(ctx)
		if err == nil {
			o.wrote.Store(time.Now().UnixMilli())
		}
		return err
	})
	o.figures = newProbe("figures", every, 3*time.Second, func(ctx context.Context) error {
		found, err := p.store.Stats(ctx)
		if err == nil {
			o.stats.Store(&found)
		}
		return err
	})
	o.slack = newProbe("slack", 6*every, 5*time.Second, func(ctx context.Context) error {
		_, err := p.live.Load().slack.AuthTestContext(ctx)
		o.access.note(err)
		return slackFault(err)
	})
	o.inside = newProbe("program", every, time.Second, func(context.Context) error {
		p.outbox.Nudge() // another process may have asked for something: tocsin effects retry, a replica
		now := &state{circuits: p.outbox.Status(), damage: p.store.Damage()}
		if p.socket != nil {
			status := p.socket.Status()
			now.socket = &status
		}
		o.state.Store(now)
		return nil
	})
	for _, one := range o.probes() {
		one.told = o.sayReady
	}
	if p.socket != nil {
		p.socket.Opened = o.inside.hurry // whoever waits for us to be ready waits for this
	}
	p.metrics.register(gauges{ops: o, now: p.now})
	return o
}

// sayReady logs that work may be sent to this process, when that is so for the first time.
func (o *ops) sayReady() {
	if len(o.unready()) == 0 {
		o.green.Do(func() { o.log.Info("ready") })
	}
}

// slackFault says what is wrong with Slack after a call to it, without the address.
func slackFault(err error) error {
	var refused slack.SlackErrorResponse
	var at *url.Error
	switch {
	case err == nil:
		return nil
	case bot.Rejected(err):
		return errRefused
	case errors.As(err, &refused):
		return fmt.Errorf("answers %s", refused.Err)
	case errors.As(err, &at):
		err = at.Err
	}
	return fmt.Errorf("cannot be reached: %w", err)
}

func (o *ops) probes() []*probe { return []*probe{o.database, o.slack, o.inside, o.figures} }

// watch looks until ctx ends. It does not wait for a look that hangs: the end of the program must not either.
func (o *ops) watch(ctx context.Context) error {
	for _, p := range o.probes() {
		go p.run(ctx)
	}
	<-ctx.Done()
	o.stopping.Store(true)
	return nil
}

// serve answers until end is called.
func (o *ops) serve(ctx context.Context, log *slog.Logger) (end func()) {
	if o.listener == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := serveUntil(ctx, o.listener, o.handler(), log, 0); err != nil {
			log.Error("/healthz, /readyz and /metrics are not answered any more: start again", "err", err)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// url is where it answers; "" where it does not.
func (o *ops) url() string {
	if o == nil || o.listener == nil {
		return ""
	}
	return "http://" + o.listener.Addr().String()
}

func (o *ops) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", o.serveHealth)
	mux.HandleFunc("GET /readyz", o.serveReady)
	mux.Handle("GET /metrics", o.metrics.handler())
	return mux
}

// serveReady says whether work may be sent to this process, and if not, each reason on a line of its own.
func (o *ops) serveReady(w http.ResponseWriter, _ *http.Request) {
	reasons := o.unready()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(reasons) == 0 {
		_, _ = w.Write([]byte("ready\n"))
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = fmt.Fprintf(w, "not ready\n%s\n", strings.Join(reasons, "\n"))
}

// healthReport is what /healthz answers.
type healthReport struct {
	Status   string        `json:"status"` // ok, degraded, or restart
	Ready    bool          `json:"ready"`
	Degraded []string      `json:"degraded"` // in sentences
	Probes   []probeReport `json:"probes"`
}

type probeReport struct {
	Name string  `json:"name"`
	Fine bool    `json:"fine"`
	Says string  `json:"says,omitempty"`
	Age  float64 `json:"age_seconds"` // of what it says
}

// serveHealth says what is degraded. Its status is 503 only where a restart would help.
func (o *ops) serveHealth(w http.ResponseWriter, _ *http.Request) {
	report := healthReport{Status: "ok", Degraded: append([]string{}, o.degraded()...), Ready: len(o.unready()) == 0}
	for _, p := range o.probes() {
		one := probeReport{Name: p.name, Fine: true, Age: float64(time.Since(p.seen.Load().at).Milliseconds()) / 1000}
		if err := p.err(); err != nil {
			one.Fine, one.Says = false, err.Error()
		}
		report.Probes = append(report.Probes, one)
	}
	status := http.StatusOK
	if len(report.Degraded) > 0 {
		report.Status = "degraded"
	}
	if o.hopeless() {
		report.Status, status = "restart", http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(report) // whoever asked has gone
}
