package bot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// heeded are the kinds of events that tell us something.
var heeded = map[string]bool{"team_join": true, "user_change": true, "member_joined_channel": true, "member_left_channel": true}

// Event takes something that happened in the workspace. An error means that it was not recorded: Slack delivers again.
// Kinds that we do not know are acknowledged.
func (b *Bot) Event(ctx context.Context, e event) ([]byte, error) {
	switch e.Type {
	case "url_verification":
		return json.Marshal(map[string]string{"challenge": e.Challenge})
	case "app_rate_limited":
		b.Log.Warn("Slack drops events: more than 30,000 came within an hour")
		return nil, nil
	}
	us := b.team.Load()
	switch {
	case e.ID == "":
		return nil, errMalformed
	case us != nil && e.Team != us.id:
		return nil, errForeign
	case us == nil: // until we know who we are, nobody can be told from a stranger
		return nil, errUnavailable
	case !heeded[e.Inner.Type]:
		return nil, nil
	}
	at := b.Now()
	if happened := time.Unix(e.Time, 0); e.Time > 0 && happened.Before(at) {
		at = happened
	}
	room, err := b.Store.InRoom(ctx, text(e.Inner.Channel))
	if err == nil {
		_, err = b.Store.Change(ctx, incident.Request{Key: e.key(), At: b.Now()}, func(tx incident.Tx) ([]byte, error) {
			return nil, us.happened(tx, e, room, at)
		})
	}
	if err != nil {
		b.failed("event not recorded", err, "request", e.key(), "type", e.Inner.Type)
		return nil, errUnavailable
	}
	return nil, nil
}

// happened keeps what an event tells us; room is the incident whose room it happened in, if it is one.
func (t *team) happened(tx incident.Tx, e event, room incident.ID, at time.Time) error {
	switch e.Inner.Type {
	case "team_join", "user_change":
		var user slack.User
		if json.Unmarshal(e.Inner.User, &user) != nil || user.ID == "" {
			return nil // a shape that we do not know: the next refresh reads the person anew
		}
		return tx.Know(t.profile(user, at))
	case "member_joined_channel":
		if room != 0 {
			return tx.Join(room, text(e.Inner.User), at)
		}
	case "member_left_channel":
		if room != 0 {
			return tx.Leave(room, text(e.Inner.User))
		}
	}
	return nil
}

// profile reads what Slack says of a user. Everybody of our workspace, or of the organisation that it belongs to, is one
// of us.
func (t *team) profile(user slack.User, at time.Time) incident.Profile {
	foreign := user.TeamID != "" && user.TeamID != t.id && (t.enterprise == "" || user.Enterprise.EnterpriseID != t.enterprise)
	standing := incident.Member
	switch {
	case user.Deleted:
		standing = incident.Gone
	case user.IsStranger || foreign:
		standing = incident.Stranger
	case user.IsBot || user.ID == "USLACKBOT":
		standing = incident.Bot
	case user.IsRestricted || user.IsUltraRestricted:
		standing = incident.Guest
	case user.IsAdmin || user.IsOwner:
		standing = incident.Admin
	}
	name := firstOf(user.Profile.DisplayName, user.RealName, user.Profile.RealName, user.Name, user.ID)
	return incident.Profile{Person: incident.Person{Handle: user.ID, Name: name}, Standing: standing, Zone: user.TZ, Seen: at}
}
