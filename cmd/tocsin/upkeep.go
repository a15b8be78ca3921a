package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"

	"tocsin/bot"
)

// upkeep reads from Slack, now and then, what the mirror of people and rooms must hold, and forgets what is kept for a
// while only.
//
// Cron only says "look now". What is due is decided by when it was last done, so that a reading that failed is made
// up for at the next look.
type upkeep struct {
	bot    *bot.Bot
	store  tended
	access *access
	now    func() time.Time
	log    *slog.Logger
	gaps   *bot.Gaps
	people time.Time // when everybody was last read
}

// tended is a store that can forget Slack's request keys, and keep its search quick.
type tended interface {
	Prune(ctx context.Context, before time.Time) (int64, error)
	Tidy(ctx context.Context) error
}

const (
	peopleEvery  = time.Hour
	membersEvery = "@every 2m" // well below the five minutes for which it counts
	tendEvery    = "@every 1h"
	dueEvery     = "@every 10s"
	gapsEvery    = "@every 30s"
	// remembered is how long a request of Slack's is known again: far longer than the 24 hours for which Slack delivers an
	// event anew, and the five minutes for which a signature is good.
	remembered = 7 * 24 * time.Hour
)

// upkeep is that of this program.
func (p *program) upkeep() *upkeep {
	return &upkeep{bot: p.bot, store: p.store, access: p.access, now: p.now, log: p.log, gaps: p.bot.Gaps()}
}

// start looks at once, and then until ctx ends.
func (u *upkeep) start(ctx context.Context) error {
	quiet := cron.PrintfLogger(slog.NewLogLogger(u.log.Handler(), slog.LevelWarn))
	// Recover stands innermost: after a panic, SkipIfStillRunning would otherwise never let the job run again.
	c := cron.New(cron.WithLogger(quiet), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger), cron.Recover(quiet)))
	jobs := map[string]func(context.Context){"@every 20s": u.readPeople, membersEvery: u.readMembers, tendEvery: u.tend, dueEvery: u.remind, gapsEvery: u.fillGaps}
	for every, look := range jobs {
		if _, err := c.AddFunc(every, func() { look(ctx) }); err != nil {
			return err
		}
	}
	u.readPeople(ctx)
	u.readMembers(ctx)
	c.Start()
	u.tend(ctx)
	u.lookAfter(ctx)
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
	u.access.note(nil)
	u.people = u.now()
}

func (u *upkeep) readMembers(ctx context.Context) {
	if err := u.bot.RefreshMembers(ctx); err != nil { // none says nothing: there may have been nothing to ask
		u.warn(ctx, "the members of private rooms could not be read", err)
	}
}

func (u *upkeep) tend(ctx context.Context) {
	if err := u.store.Tidy(ctx); err != nil {
		u.warn(ctx, "the search index could not be put together", err)
	}
	forgotten, err := u.store.Prune(ctx, u.now().Add(-remembered))
	if err != nil {
		u.warn(ctx, "old requests could not be forgotten", err)
		return
	}
	if forgotten > 0 {
		u.log.Debug("old requests are forgotten", "requests", forgotten)
	}
}

func (u *upkeep) remind(ctx context.Context) {
	if err := u.bot.Remind(ctx); err != nil {
		u.warn(ctx, "what is due could not be said", err)
	}
}

// fillGaps reads in Slack what it did not tell us of.
func (u *upkeep) fillGaps(ctx context.Context) {
	if err := u.gaps.Fill(ctx); err != nil {
		u.warn(ctx, "what Slack did not tell us could not be read", err)
	}
}

// lookAfter makes again what open incidents have lost in Slack while we were away. It takes its time.
func (u *upkeep) lookAfter(ctx context.Context) {
	if err := u.bot.LookAfter(ctx); err != nil {
		u.warn(ctx, "what is missing in Slack could not be looked for", err)
	}
}

// warn is silent about what failed because we are stopping.
func (u *upkeep) warn(ctx context.Context, what string, err error) {
	switch {
	case ctx.Err() != nil:
	case bot.Rejected(err):
		u.access.note(err)
	default:
		u.log.Warn(what, "err", err)
	}
}
