package bot

import (
	"context"

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
	page := b.Slack.GetUsersPaginated(slack.GetUsersOptionLimit(200))
	for {
		at := b.Now()
		page, err = page.Next(ctx)
		if page.Done(err) {
			return nil
		}
		if err != nil {
			return fault("users.list", err)
		}
		profiles := make([]incident.Profile, 0, len(page.Users))
		for _, user := range page.Users {
			profiles = append(profiles, profileOf(user, us.id, at))
		}
		if err := b.Store.SaveProfiles(ctx, profiles); err != nil {
			return err
		}
	}
}

// RefreshMembers reads who is in the rooms of private incidents. It runs often enough that what we know is younger than
// five minutes: what is older counts for nothing.
func (b *Bot) RefreshMembers(ctx context.Context) error {
	private, err := b.Store.PrivateRooms(ctx)
	if err != nil {
		return err
	}
	for _, i := range private {
		at := b.Now()
		members, err := b.members(ctx, i.Refs[incident.RefRoom])
		if err != nil {
			return err
		}
		if err := b.Store.SetMembers(ctx, i.ID, members, at); err != nil {
			return err
		}
	}
	return nil
}

// members reads who is in a channel. One that is gone has nobody in it.
func (b *Bot) members(ctx context.Context, channel string) ([]string, error) {
	var all []string
	query := &slack.GetUsersInConversationParameters{ChannelID: channel, Limit: 200}
	for {
		members, next, err := b.Slack.GetUsersInConversationContext(ctx, query)
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
