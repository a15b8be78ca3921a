package bot

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// Refresh reads who is in the workspace, so that no answer has to ask. It runs at start and now and then; in between,
// events keep the mirror true.
func (b *Bot) Refresh(ctx context.Context) error {
	us, err := b.whoami(ctx)
	if err != nil {
		return err
	}
	page := b.Slack().GetUsersPaginated(slack.GetUsersOptionLimit(pageOfPeople))
	for {
		at := b.Now()
		next, err := page.Next(ctx)
		if next.Done(err) {
			return nil
		}
		if wait, err := heldBack(fault("users.list", err)); err != nil {
			return err
		} else if wait > 0 { // and go on with the same page
			if err := pause(ctx, wait); err != nil {
				return err
			}
			continue
		}
		page = next
		profiles := make([]incident.Profile, 0, len(page.Users))
		for _, user := range page.Users {
			if app := user.Profile.ApiAppID; user.ID == us.bot && app != "" {
				b.app.Store(&app)
			}
			profiles = append(profiles, us.profile(user, at))
		}
		if err := b.Store.SaveProfiles(ctx, profiles); err != nil {
			return err
		}
	}
}

// pageOfPeople is as many as users.list gives out at once.
const pageOfPeople = 1000

// heldBack is how long Slack wants us to wait, where that is all that is wrong.
func heldBack(err error) (time.Duration, error) {
	var setback *incident.Setback
	if errors.As(err, &setback) && !setback.Down && setback.After > 0 {
		return setback.After, nil
	}
	return 0, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// roomsRead is how many rooms' members are read at once: within Slack's limit for that call, which is more than a hundred a
// minute, of every two minutes in which it is done. The oldest of those that are over are left out, and can be reached from
// their rooms alone.
const roomsRead = 150

// RefreshMembers reads who is in the rooms of private incidents, open or over. It runs often enough that what we know is younger
// than five minutes: what is older counts for nothing.
func (b *Bot) RefreshMembers(ctx context.Context) error {
	private, err := b.Store.PrivateRooms(ctx, roomsRead)
	if err != nil {
		return err
	}
	var faults []error
	for _, i := range private { // one sick room must not blind the others
		at := b.Now()
		members, err := b.members(ctx, i.Refs[incident.RefRoom])
		if err == nil {
			err = b.Store.SetMembers(ctx, i.ID, members, at)
		}
		var setback *incident.Setback
		if errors.As(err, &setback) && setback.Down {
			return err
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// members reads who is in a channel. One that is gone has nobody in it.
func (b *Bot) members(ctx context.Context, channel string) ([]string, error) {
	var all []string
	query := &slack.GetUsersInConversationParameters{ChannelID: channel, Limit: 200}
	for {
		members, next, err := b.Slack().GetUsersInConversationContext(ctx, query)
		if refusedWith(err, "channel_not_found", "not_in_channel") {
			return nil, nil
		}
		if err != nil {
			return nil, fault("conversations.members", err)
		}
		all = append(all, members...)
		if next == "" {
			return all, nil
		}
		query.Cursor = next
	}
}
