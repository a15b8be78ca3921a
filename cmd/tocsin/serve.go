package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tocsin/incident"
)

func serveCommand() *cobra.Command {
	var lease time.Duration
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run the bot for a Slack workspace",
		Long:    "Run the bot for a Slack workspace, until it is told to stop.\n\n" + settingsHelp(),
		Example: `  SLACK_BOT_TOKEN_FILE=bot SLACK_APP_TOKEN_FILE=app tocsin serve`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			read := func() (settings, *incident.Policy, error) {
				s, err := load(env.ToMap(os.Environ()))
				policy, unread := s.readPolicy()
				return s, policy, errors.Join(err, unread)
			}
			s, policy, err := read()
			if err != nil {
				return err
			}
			log, err := newLog(os.Stderr, s)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), options{settings: s, policy: policy, log: log, now: time.Now, lease: lease}, read)
		},
	}
	leaseFlag(cmd.Flags(), &lease)
	return cmd
}

// garbage is how many bytes more may be thrown away before the collector runs. By itself it runs when as much was thrown away
// as is in use, and with the little that is in use here that is all the time under load. A higher GOGC would multiply what
// is in use at its peak too, and under a memory limit the collector never rests once more than that is in use.
const garbage = 4 << 20

// serve runs the program until ctx ends.
func serve(ctx context.Context, o options, read reader) error {
	untouched := make([]byte, garbage) // in use, as the collector counts, but with no memory behind it
	defer runtime.KeepAlive(untouched)
	again := make(chan os.Signal, 1) // before all else: a SIGHUP that nobody waits for ends the process
	signal.Notify(again, syscall.SIGHUP)
	defer signal.Stop(again)
	p, err := newProgram(ctx, o)
	if err != nil && ctx.Err() != nil {
		o.log.Info("stopped before it had started")
		return nil
	}
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.run(ctx) })
	group.Go(func() error { return p.upkeep().start(ctx) })
	group.Go(func() error {
		p.recordPolicy(ctx, "start")
		return p.reloads(ctx, again, read)
	})
	return group.Wait()
}
