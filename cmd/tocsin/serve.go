package main

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
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
			s, err := load(env.ToMap(os.Environ()))
			policy, unread := s.readPolicy()
			if err := errors.Join(err, unread); err != nil {
				return err
			}
			ctx := cmd.Context()
			o := options{settings: s, policy: policy, log: slog.New(slog.NewJSONHandler(os.Stderr, nil)), now: time.Now, lease: lease}
			p, err := newProgram(ctx, o)
			if err != nil {
				return err
			}
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return p.run(ctx) })
			group.Go(func() error { return (&upkeep{bot: p.bot, now: o.now, log: o.log}).start(ctx) })
			return group.Wait()
		},
	}
	leaseFlag(cmd.Flags(), &lease)
	return cmd
}
