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

// tour is what a newcomer is told to try, in order.
var tour = []slacksim.TourStep{
	{Title: "Ring the bell", Text: "Production breaks. A few words are enough; these name a severity and a service too.", Try: "/incident declare sev2 checkout is down --service checkout", Channel: "general", As: "Ada", Opens: theRoom},
	{Title: "Go to the room", Text: "Tocsin has opened a room, invited you, pinned a card and announced it in *#incidents*.", Channel: theRoom, As: "Ada"},
	{Title: "Take command", Text: "Press *Take command* on the card, or type it. The card and the announcement follow.", Try: "/incident commander me", Press: "Take command", Channel: theRoom, As: "Ada"},
	{Title: "Write the timeline", Text: "Notes can be about earlier: the reading of the time is echoed.", Try: "/incident note -10m the deploy began", Channel: theRoom, As: "Ada"},
	{Title: "Tell everybody", Text: "An update shows on the card and in the announcement, and sets when the next one is due.", Try: "/incident update we are rolling back the deploy", Channel: theRoom, As: "Ada"},
	{Title: "Declare it twice", Text: "Switch to Grace, who does not know. It is declared all the same, and both are told of the other.", Try: "/incident declare checkout down for everyone", Channel: "general", As: "Grace"},
	{Title: "Try as a guest", Text: "Gus is a guest. He cannot declare, and is told so.", Try: "/incident declare the coffee is out", Channel: "general", As: "Gus"},
	{Title: "Bring it to an end", Text: "Mitigate, resolve, close: each is a button on the card too.", Try: "/incident resolve", Channel: theRoom, As: "Ada"},
	{Title: "Read the timeline", Text: "What, who, when it happened, and when it was recorded.", Try: "/incident timeline", Press: "Timeline", Channel: theRoom, As: "Ada"},
}

// theRoom is the name that the first incident's room gets, whatever it is about.
const theRoom = "inc-1-*"
