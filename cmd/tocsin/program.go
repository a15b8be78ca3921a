package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"tocsin/bot"
	"tocsin/incident"
	"tocsin/incident/outbox"
	"tocsin/store"
)

// program is the real program: everything that serve, the demo and the tests run, wired in one place.
type program struct {
	live     atomic.Pointer[live]
	http     httpClient // remembers what Slack has asked us to hold back, whatever the tokens are
	log      *slog.Logger
	now      func() time.Time
	store    *store.Store
	bot      *bot.Bot
	outbox   *outbox.Outbox
	socket   *bot.Socket  // nil: no Socket Mode
	listener net.Listener // nil: no signed HTTP
	metrics  *metrics
	access   *access
	ops      *ops // nil: nobody asks how it fares
	stopping sync.Once
}

type httpClient interface {
	Do(*http.Request) (*http.Response, error)
	Held() time.Duration
}

// live is what is read anew while the program runs.
type live struct {
	settings settings
	policy   *incident.Policy
	slack    *slack.Client
}

// options is what a program is made of beside its settings.
type options struct {
	settings settings
	policy   *incident.Policy
	log      *slog.Logger
	now      func() time.Time
	ran      func() time.Duration // how long the machine has run, whatever its clock is set to; nil: what now knows of that
	pulse    time.Duration        // how often it looks at itself; 0: every five seconds
	lease    time.Duration        // of an effect; 0: the default
}

// newProgram opens the database and the address. Nothing is taken or sent before run.
func newProgram(ctx context.Context, o options) (*program, error) {
	p := &program{
		log: o.log, now: o.now, http: bot.NewClient(o.callLimit(), o.now), metrics: newMetrics(), access: &access{log: o.log, now: o.now},
	}
	p.use(o.settings, o.policy)
	var err error
	if p.store, err = store.Open(ctx, o.settings.DB, store.Options{Log: o.log}); err != nil {
		return nil, err
	}
	if err := errors.Join(o.checkLease(p.store.Shared()), p.wire(o)); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	if err := p.listen(ctx, o); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// listen takes the addresses.
func (p *program) listen(ctx context.Context, o options) (err error) {
	if o.settings.SigningSecret != "" {
		if p.listener, err = listenOn(ctx, "TOCSIN_ADDR", o.settings.Addr); err != nil {
			return err
		}
	}
	if o.settings.OpsAddr == "" {
		return nil
	}
	p.ops = newOps(p, cmp.Or(o.pulse, pulse))
	if o.settings.OpsAddr != off {
		p.ops.listener, err = listenOn(ctx, "TOCSIN_OPS_ADDR", o.settings.OpsAddr)
	}
	return err
}

// listenOn takes an address, or says what to change.
func listenOn(ctx context.Context, setting, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %s (%w)", setting, untaken(address, err), err)
	}
	return l, nil
}

// untaken says why an address cannot be taken, and what to do.
func untaken(address string, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens at " + address + ": stop it, or set another address"
	case errors.Is(err, syscall.EACCES):
		return "this user may not listen at " + address + ": set a port above 1023"
	}
	return address + " is no address of this machine: set one that is, for example 127.0.0.1:8080, or 0.0.0.0:8080 for all of them"
}

// use makes settings and policy the ones that hold from now on.
func (p *program) use(s settings, policy *incident.Policy) {
	p.live.Store(&live{settings: s, policy: policy, slack: p.client(s)})
}

// client speaks to Slack with the tokens of some settings.
func (p *program) client(s settings) *slack.Client {
	return slack.New(string(s.BotToken),
		slack.OptionAPIURL(s.SlackURL),
		slack.OptionAppLevelToken(string(s.AppToken)),
		slack.OptionHTTPClient(p.http))
}

// callLimit is how long one call to Slack may take at most.
const callLimit = 10 * time.Second

func (p *program) wire(o options) (err error) {
	p.bot, err = bot.New(bot.Options{
		Store: p.store, Slack: func() *slack.Client { return p.live.Load().slack }, SlackURL: p.live.Load().settings.SlackURL,
		SigningSecret: func() string { return string(p.live.Load().settings.SigningSecret) },
		Installation:  p.store.Installation(), Policy: func() *incident.Policy { return p.live.Load().policy }, Now: p.now, Log: p.log,
		Meter: p.metrics,
		Delay: p.delay,
	})
	if err != nil {
		return err
	}
	if p.live.Load().settings.AppToken != "" {
		p.socket = bot.NewSocket(p.bot)
	}
	route := outbox.Route{Destination: bot.Destination, Courier: &bot.Courier{Bot: p.bot}}
	p.outbox = &outbox.Outbox{
		Store: p.store, Wake: p.store.Wake(), Now: p.now, Log: p.log, Single: !p.store.Shared(), Lease: o.lease,
		Ran: o.ran, Leapt: p.bot.Leapt,
		Recovered: func(ctx context.Context, c outbox.Circuit) error { return p.bot.Recovered(ctx, c.Since, c.Err) },
		Couriers:  map[incident.Lane]outbox.Route{},
	}
	for _, lane := range incident.Lanes {
		p.outbox.Couriers[lane] = route
	}
	return nil
}

// delay tells how long what is sent to Slack now has to wait.
func (p *program) delay() (since time.Time, pause time.Duration) {
	for _, c := range p.outbox.Status() {
		if c.Destination == bot.Destination && c.Open {
			return c.Since, 0
		}
	}
	return time.Time{}, p.http.Held()
}

// url is where Slack's requests are to be sent; "" where none are taken over HTTP.
func (p *program) url() string {
	if p.listener == nil {
		return ""
	}
	return "http://" + p.listener.Addr().String()
}

// shutdownLimit is how long requests under way may take to end. With the outbox, which winds up beside it, and the last
// answers on their way, a stop takes less than the ten seconds that are promised.
const shutdownLimit = 5 * time.Second

// closeBy is how long after it was told to stop the program gives up waiting for its database, and ends without it.
const closeBy = 9 * time.Second

// run takes requests and delivers effects until ctx ends; then it takes no more, finishes what it holds, and closes.
func (p *program) run(ctx context.Context) error {
	p.log.Info("started", p.where()...)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		<-ctx.Done()
		p.log.Info("stopping")
		return nil
	})
	group.Go(func() error { return p.outbox.Run(ctx) })
	if p.socket != nil { // with HTTP beside it while an app moves from one to the other
		group.Go(func() error { return p.socket.Run(ctx) })
	}
	if p.listener != nil {
		group.Go(func() error {
			return serveUntil(ctx, p.listener, p.metrics.flights(p.bot.Handler()), p.log, shutdownLimit)
		})
	}
	if p.ops != nil {
		group.Go(func() error { return p.ops.watch(ctx) })
		defer p.ops.serve(context.WithoutCancel(ctx), p.log)() // to the very end, so that a balancer hears that we stop
	}
	late := make(chan struct{})
	defer context.AfterFunc(ctx, func() { time.AfterFunc(closeBy, func() { close(late) }) })()
	err := errors.Join(group.Wait(), p.closeUnless(late))
	p.log.Info("stopped")
	return err
}

// where is what the log says of how we can be reached.
func (p *program) where() (facts []any) {
	if p.listener != nil {
		facts = append(facts, "url", p.url())
	}
	if p.ops.url() != "" {
		facts = append(facts, "ops", p.ops.url())
	}
	return append(facts, "socket_mode", p.socket != nil)
}

// serveUntil serves a listener until ctx ends, and lets requests under way finish for as long as the patience lasts.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, patience time.Duration) error {
	server := &http.Server{
		Handler: h, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if err := server.Shutdown(last); err != nil {
			_ = server.Close() // whoever has not sent their request by now may send it again
		}
	})
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	<-stopped
	return nil
}

// close gives everything back. It may be called more than once.
func (p *program) close() error { return p.closeUnless(nil) }

// closeUnless is close, and gives up the database when it is late: one that another process holds may not let itself be
// closed for minutes. It is left as by kill -9 then, which loses nothing that was answered.
func (p *program) closeUnless(late <-chan struct{}) (err error) {
	p.stopping.Do(func() {
		if p.listener != nil {
			_ = p.listener.Close() // the server has closed it already, where it ran
		}
		p.bot.Close()
		closed := make(chan error, 1)
		go func() { closed <- p.store.Close() }()
		select {
		case err = <-closed:
		case <-late:
			p.log.Warn("the database does not let itself be closed in time, the program ends without that")
		}
	})
	return err
}
