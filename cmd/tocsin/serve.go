package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
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
			bound(cmd.Context(), env.ToMap(os.Environ()))
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

// serve runs the program until ctx ends.
func serve(ctx context.Context, o options, read reader) error {
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
