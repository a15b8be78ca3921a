package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// demo is the real program beside a Slack workspace in memory.
type demo struct {
	listen string // of the screen
	keep   bool   // the database stays when the demo ends
	socket bool   // Slack speaks to the program over Socket Mode
	out    io.Writer
	errOut io.Writer
}

func demoCommand() *cobra.Command {
	d := &demo{}
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Try it: a Slack workspace in your browser, with no account and no token",
		Example: "  tocsin demo\n  tocsin demo --listen 127.0.0.1:0 --keep",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.out, d.errOut = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&d.listen, "listen", "127.0.0.1:8065", "where the screen is shown; port 0 takes a free one")
	cmd.Flags().BoolVar(&d.keep, "keep", false, "keep the database, and say where it is")
	cmd.Flags().BoolVar(&d.socket, "socket", false, "speak over Socket Mode instead of signed HTTP, as behind a firewall")
	return cmd
}

func (d *demo) run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "tocsin-demo-")
	if err != nil {
		return err
	}
	defer func() {
		if !d.keep {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	workspace, err := slacksim.Open(slacksim.Options{
		Manifest: tocsin.Manifest, Listen: d.listen, Now: time.Now, Clock: time.Now, Tour: tour, Socket: d.socket,
	})
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w\nThe address is taken: choose another one, for example --listen 127.0.0.1:0", err)
		}
		return err
	}
	defer func() { err = errors.Join(err, workspace.Close()) }()

	o := demoOptions(workspace, filepath.Join(folder, "tocsin.db"))
	fillPolicy(workspace, o.policy)
	if d.socket {
		o.settings.AppToken, o.settings.SigningSecret = secret(workspace.AppToken()), ""
	}
	o.log = slog.New(slog.NewTextHandler(d.errOut, &slog.HandlerOptions{Level: slog.LevelWarn}))
	p, err := newProgram(ctx, o)
	if err != nil {
		return err
	}
	workspace.Connect(p.url())
	words := fmt.Sprintf("Tocsin rings in %s\nOpen it in a browser. Ctrl-C ends it, and all that was said in it.\n", workspace.URL())
	if d.keep {
		words += fmt.Sprintf("The database stays in %s\n", o.settings.DB)
	}
	if _, err := io.WriteString(d.out, words); err != nil {
		return errors.Join(err, p.close())
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.run(ctx) })
	group.Go(func() error { return p.upkeep().start(ctx) })
	return group.Wait()
}

// fillPolicy has the policy of the demo show all that one can say: who answers for a service, who is told and when, where
// exercises are announced, and where customers read.
func fillPolicy(w *slacksim.Workspace, p *incident.Policy) {
	p.Services[0].Owner, p.Services[1].Owner = w.PersonID("Linus"), w.PersonID("Grace")
	for n := range p.Severities[:2] {
		p.Severities[n].Escalate = []string{w.PersonID("Grace")}
	}
	p.Severities[0].Tell = []string{w.PersonID("Margaret")}
	p.Drills = incident.Drills{Announce: w.AddChannel("drills", "Exercises, so that nobody is frightened by them"), Invite: []string{w.PersonID("Linus")}}
	p.Customers.Channel = w.AddChannel("status-page", "What customers read")
}

// demoOptions connects a program to a simulated workspace.
func demoOptions(w *slacksim.Workspace, database string) options {
	policy := incident.Defaults()
	policy.Announce = w.ChannelID("incidents")
	policy.Services = []incident.Service{
		{Name: "checkout", Links: []incident.Link{{Title: "Checkout dashboard", URL: "https://grafana.example.com/d/checkout"}}},
		{Name: "payments", Links: []incident.Link{{Title: "Payments dashboard", URL: "https://grafana.example.com/d/payments"}}},
	}
	return options{
		settings: settings{
			DB: database, Addr: "127.0.0.1:0", SlackURL: w.APIURL(),
			BotToken: secret(w.BotToken()), SigningSecret: secret(w.SigningSecret()),
		},
		policy: policy, now: time.Now,
	}
}
