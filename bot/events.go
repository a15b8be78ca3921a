package bot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// heeded are the kinds of events that tell us something, beside what people do to messages.
var heeded = map[string]bool{
	"team_join": true, "user_change": true, "member_joined_channel": true, "member_left_channel": true,
	"reaction_added": true, "app_home_opened": true,
}

// Event takes something that happened in the workspace. An error means that it was not recorded: Slack delivers again.
// Kinds that we do not know are acknowledged.
func (b *Bot) Event(ctx context.Context, e event) ([]byte, error) {
	switch e.Type {
	case "url_verification":
		return json.Marshal(map[string]string{"challenge": e.Challenge})
	}
	us := b.team.Load()
	switch {
	case e.Type == "app_rate_limited" && (us == nil || e.Team == us.id):
		return nil, b.dropped(ctx, e)
	case e.Type == "app_rate_limited":
		return nil, errForeign
	case e.ID == "":
		return nil, errMalformed
	case us != nil && e.Team != us.id:
		return nil, errForeign
	case us == nil: // until we know who we are, nobody can be told from a stranger
		return nil, errUnavailable
	}
	g := b.gestureOf(e, us)
	switch {
	case g != nil:
		if err := b.gestured(ctx, e, *g); err != nil {
			return nil, b.lost(e, err)
		}
		return nil, nil
	case !heeded[e.Inner.Type]:
		return nil, nil
	}
	if err := b.take(ctx, us, e); err != nil {
		return nil, b.lost(e, err)
	}
	return nil, nil
}

// lost says that an event could not be recorded.
func (b *Bot) lost(e event, err error) error {
	if errors.Is(err, errEarly) {
		return errUnavailable
	}
	b.failed("event not recorded", err, "request", e.key(), "type", e.Inner.Type)
	return errUnavailable
}

// take keeps what an event tells us, or does what it asks for.
func (b *Bot) take(ctx context.Context, us *team, e event) error {
	if e.Inner.Type == "reaction_added" {
		return b.reacted(ctx, e)
	}
	at := b.Now()
	// Slack tells whole seconds. It was in that one, perhaps at its end: told any earlier, somebody would come in as scribe before
	// they were made it.
	if happened := time.Unix(e.Time, 0).Add(time.Second - time.Millisecond); e.Time > 0 && happened.Before(at) {
		at = happened
	}
	now := b.Now().UTC().Truncate(time.Millisecond)
	news, err := b.learn(ctx, us, e, at, incident.Stamp{At: now, Request: e.key()})
	if err != nil {
		return err
	}
	_, err = b.Store.Change(ctx, incident.Request{Key: e.key(), At: now}, func(tx incident.Tx) ([]byte, error) { return nil, news.keep(tx) })
	return err
}

// news is what an event tells us, with what we know of whom it is about.
type news struct {
	kind   string
	who    incident.Profile
	room   incident.ID   // whose room it happened in, or 0
	roles  []incident.ID // where somebody who is gone has a role
	at     time.Time     // when it happened
	stamp  incident.Stamp
	hidden bool // the room is that of a private incident
}

// learn reads an event, and looks up what it takes to keep it. A shape that we do not know tells nothing: the next refresh
// reads people and rooms anew.
func (b *Bot) learn(ctx context.Context, us *team, e event, at time.Time, s incident.Stamp) (n news, err error) {
	n = news{kind: e.Inner.Type, at: at, stamp: s}
	if n.kind == "team_join" || n.kind == "user_change" {
		var user slack.User
		if json.Unmarshal(e.Inner.User, &user) != nil || user.ID == "" {
			return news{}, nil
		}
		if n.who = us.profile(user, at); n.who.Standing == incident.Gone {
			n.roles, err = b.leftBehind(ctx, n.who.Handle)
		}
		return n, err
	}
	handle := text(e.Inner.User)
	if n.kind == "app_home_opened" {
		if handle == "" || text(e.Inner.Tab) == "messages" {
			return news{}, nil
		}
		n.who.Handle = handle
		return n, nil
	}
	if n.room, err = b.Store.InRoom(ctx, text(e.Inner.Channel)); err != nil || n.room == 0 || handle == "" {
		return news{}, err
	}
	if n.who, err = b.Store.Profile(ctx, handle); err == nil && n.who.Handle == "" {
		n.who.Person = incident.Person{Handle: handle, Name: handle}
	}
	if handle == us.bot || n.who.Standing == incident.Bot {
		n.who.Standing = incident.Bot // nobody who would read anything
	}
	if err == nil && n.kind == "member_left_channel" {
		n.hidden, err = b.Store.Private(ctx, n.room)
	}
	return n, err
}

// leftBehind lists the open incidents in which somebody has a role who was not known to be gone.
func (b *Bot) leftBehind(ctx context.Context, handle string) (ids []incident.ID, err error) {
	if known, err := b.Store.Profile(ctx, handle); err != nil || known.Standing == incident.Gone {
		return nil, err
	}
	const page = 200
	for filter := (incident.Filter{OpenOnly: true, Limit: page}); ; {
		open, err := b.Store.List(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, i := range open {
			if len(i.RolesOf(handle)) > 0 {
				ids = append(ids, i.ID)
			}
			filter.Before = i.ID
		}
		if len(open) < page {
			slices.Sort(ids) // whoever changes several locks them in the order of their ids
			return ids, nil
		}
	}
}

// keep writes down what an event tells us.
func (n news) keep(tx incident.Tx) error {
	switch n.kind {
	case "team_join", "user_change":
		for _, id := range n.roles {
			i, err := tx.Incident(id)
			if err != nil {
				return err
			}
			i.Depart(n.who.Person, incident.TheWorkspace, n.at, n.stamp)
		}
		return tx.Know(n.who)
	case "member_joined_channel":
		return n.joined(tx)
	case "app_home_opened":
		tx.System().ShowHome(n.who.Handle, n.stamp)
	case "member_left_channel":
		i, err := tx.Incident(n.room)
		if err != nil {
			return err
		}
		i.Depart(n.who.Person, incident.TheRoom, n.at, n.stamp)
		if n.hidden && n.who.Standing != incident.Bot { // it must not stand on their Home tab any more
			tx.System().ShowHome(n.who.Handle, n.stamp)
		}
		return tx.Leave(n.room, n.who.Handle)
	}
	return nil
}

func (n news) joined(tx incident.Tx) error {
	if n.who.Standing != incident.Bot {
		i, err := tx.Incident(n.room)
		if err != nil {
			return err
		}
		i.Arrive(n.who.Person, n.at, opened(i), n.stamp)
	}
	return tx.Join(n.room, n.who.Handle, n.at)
}

// opened is when an incident's room stood ready: when its card was posted.
func opened(i *incident.Incident) time.Time { return stampTime(i.Refs[refCard]) }

// stampTime is when a message was posted, by what Slack calls it; zero for what is no such name.
func stampTime(ts string) time.Time {
	seconds, _, _ := strings.Cut(ts, ".")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(at, 0)
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
