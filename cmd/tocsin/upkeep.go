package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"

	"tocsin/bot"
)

// upkeep reads from Slack, now and then, what the mirror of people and rooms must hold.
//
// Cron only says "look now". What is due is decided by when it was last done, so that a reading that failed is made
// up for at the next look.
type upkeep struct {
	bot    *bot.Bot
	now    func() time.Time
	log    *slog.Logger
	people time.Time // when everybody was last read
}

const (
	peopleEvery  = time.Hour
	membersEvery = "@every 2m" // well below the five minutes for which it counts
)

// start looks at once, and then until ctx ends.
func (u *upkeep) start(ctx context.Context) error {
	quiet := cron.PrintfLogger(slog.NewLogLogger(u.log.Handler(), slog.LevelWarn))
	// Recover stands innermost: after a panic, SkipIfStillRunning would otherwise never let the job run again.
	c := cron.New(cron.WithLogger(quiet), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger), cron.Recover(quiet)))
	for every, look := range map[string]func(context.Context){"@every 20s": u.readPeople, membersEvery: u.readMembers} {
		if _, err := c.AddFunc(every, func() { look(ctx) }); err != nil {
			return err
		}
	}
	u.readPeople(ctx)
	u.readMembers(ctx)
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	return nil
}

func (u *upkeep) readPeople(ctx context.Context) {
	if u.now().Sub(u.people) < peopleEvery {
		return
	}
	if err := u.bot.Refresh(ctx); err != nil {
		u.warn(ctx, "the list of people could not be read", err)
		return
	}
	u.people = u.now()
}

func (u *upkeep) readMembers(ctx context.Context) {
	if err := u.bot.RefreshMembers(ctx); err != nil {
		u.warn(ctx, "the members of private rooms could not be read", err)
	}
}

// warn is silent about what failed because we are stopping.
func (u *upkeep) warn(ctx context.Context, what string, err error) {
	switch {
	case ctx.Err() != nil:
	case bot.Rejected(err):
		u.log.Error("Slack does not accept SLACK_BOT_TOKEN: nothing is sent until it is put right", "err", err)
	default:
		u.log.Warn(what, "err", err)
	}
}
