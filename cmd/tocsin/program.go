package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
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
	settings settings
	log      *slog.Logger
	store    *store.Store
	bot      *bot.Bot
	outbox   *outbox.Outbox
	listener net.Listener
	stopping sync.Once
}

// options is what a program is made of beside its settings.
type options struct {
	settings settings
	policy   *incident.Policy
	log      *slog.Logger
	now      func() time.Time
}

// newProgram opens the database and the address. Nothing is taken or sent before run.
func newProgram(ctx context.Context, o options) (*program, error) {
	p := &program{settings: o.settings, log: o.log}
	var err error
	if p.store, err = store.Open(ctx, o.settings.DB, store.Options{Log: o.log}); err != nil {
		return nil, err
	}
	if err := p.wire(o); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	if p.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", o.settings.Addr); err != nil {
		return nil, errors.Join(fmt.Errorf("TOCSIN_ADDR: %w", err), p.store.Close())
	}
	return p, nil
}

// callLimit bounds one call to Slack. It is shorter than an effect's lease, so that nobody else takes an effect over
// while its call may still land.
const callLimit = 10 * time.Second

func (p *program) wire(o options) error {
	client := slack.New(string(o.settings.BotToken),
		slack.OptionAPIURL(o.settings.SlackURL),
		slack.OptionHTTPClient(bot.NewClient(callLimit, o.now)))
	var err error
	p.bot, err = bot.New(bot.Options{
		Store: p.store, Slack: client, SlackURL: o.settings.SlackURL, SigningSecret: string(o.settings.SigningSecret),
		Installation: p.store.Installation(), Policy: func() *incident.Policy { return o.policy }, Now: o.now, Log: o.log,
	})
	if err != nil {
		return err
	}
	route := outbox.Route{Destination: bot.Destination, Courier: &bot.Courier{Bot: p.bot}}
	p.outbox = &outbox.Outbox{
		Store: p.store, Wake: p.store.Wake(), Now: o.now, Log: o.log, Single: true,
		Couriers: map[incident.Lane]outbox.Route{
			incident.LaneRoom: route, incident.LaneWords: route, incident.LanePeople: route, incident.LaneSigns: route,
			incident.LaneAnnounce: route, incident.LaneDirect: route,
		},
	}
	return nil
}

// url is where Slack's requests are to be sent.
func (p *program) url() string { return "http://" + p.listener.Addr().String() }

// shutdownLimit is how long requests under way may take to end. With the outbox, which winds up beside it, and the last
// answers on their way, a stop takes less than the ten seconds that are promised.
const shutdownLimit = 5 * time.Second

// run takes requests and delivers effects until ctx ends; then it takes no more, finishes what it holds, and closes.
func (p *program) run(ctx context.Context) error {
	server := &http.Server{
		Handler: p.bot.Handler(), ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.outbox.Run(ctx) })
	group.Go(func() error {
		if err := server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
		defer cancel()
		if err := server.Shutdown(last); errors.Is(err, context.DeadlineExceeded) {
			return server.Close() // whoever has not sent their request by now may send it again
		}
		return nil
	})
	p.log.Info("ready", "url", p.url())
	err := group.Wait()
	return errors.Join(err, p.close())
}

// close gives everything back. It may be called more than once.
func (p *program) close() (err error) {
	p.stopping.Do(func() {
		_ = p.listener.Close() // the server has closed it already, where it ran
		p.bot.Close()
		err = p.store.Close()
	})
	return err
}
