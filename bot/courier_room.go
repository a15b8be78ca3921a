package bot

import (
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// skew is how much the clocks of Slack and this machine may differ.
const skew = 5 * time.Second

// mostRooms is how many names are tried when others hold the wanted one: inc-7-title, inc-7-title-2, …
const mostRooms = 9

// room opens the incident's channel, once.
func (e *errand) room() (incident.Refs, error) {
	if e.roomID() != "" || e.i.Room == "" || e.i.Status == incident.Triage || e.i.Status == incident.Declined || e.i.DuplicateOf != 0 {
		return nil, nil
	}
	if e.archived() {
		if !e.i.Status.Open() {
			return nil, nil
		}
		if back, err := e.revived(); err != nil {
			return nil, err
		} else if back {
			return incident.Refs{refArchived: "", refPeople: ""}, nil
		}
	}
	if trusted, err := e.declarerMay(); err != nil || !trusted {
		return nil, err
	}
	if e.dirty {
		if found, err := e.findRoom(); err != nil || found != nil {
			return found, err
		}
		e.looked()
	}
	for n := 1; n <= mostRooms; n++ {
		name := roomName(e.i.Room, n)
		if name == e.i.Refs[incident.RefRoomName] {
			continue // of the room before, which is archived and keeps it
		}
		channel, err := e.Slack().CreateConversationContext(e.ctx, slack.CreateConversationParams{ChannelName: name, IsPrivate: e.i.Private})
		if refusedWith(err, "name_taken") {
			continue // somebody else's: never joined, never posted to
		}
		if err != nil {
			return nil, fault("conversations.create", err)
		}
		return e.anew(channel), nil
	}
	return nil, fmt.Errorf("conversations.create: the name of its room and %d like it are taken", mostRooms-1) // without the name: a private one is nobody else's business
}

// roomName is the nth name to try.
func roomName(name string, n int) string {
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n)
}

// declarerMay looks up somebody who was believed when they declared. One who may not declare sends the incident back to
// triage, and nothing is sent on their word.
func (e *errand) declarerMay() (bool, error) {
	handle := e.i.Declarer.Handle
	profile, err := e.Store.Profile(e.ctx, handle)
	if err != nil {
		return false, err
	}
	if profile.Standing == "" && userID.MatchString(handle) {
		if profile, err = e.lookUp(handle); err != nil {
			return false, err
		}
	}
	if profile.Standing.MayDeclare() == nil {
		return true, nil
	}
	if accepted, err := e.Store.Latest(e.ctx, e.i.ID, incident.EventAccepted); err != nil || accepted.ID != 0 {
		return err == nil, err
	}
	return false, e.amend(func(i *incident.Incident, s incident.Stamp) error { return i.Distrust(profile.Standing, s) })
}

// vouched tells whether everybody may hear of an incident now: its room stands, or its declarer is known as one who may declare,
// or somebody who may has accepted it. An incident that is not may be the words of a guest: declarerMay finds out in its turn.
func (e *errand) vouched(i *incident.Incident) (bool, error) {
	if i.Refs[incident.RefRoom] != "" {
		return true, nil
	}
	declarer, err := e.Store.Profile(e.ctx, i.Declarer.Handle)
	if err != nil || declarer.Standing != "" && declarer.Standing.MayDeclare() == nil {
		return err == nil, err
	}
	accepted, err := e.Store.Latest(e.ctx, i.ID, incident.EventAccepted)
	return accepted.ID != 0, err
}

// lookUp asks Slack about somebody. Whom it does not show us is a stranger.
func (e *errand) lookUp(handle string) (incident.Profile, error) {
	us, err := e.whoami(e.ctx)
	if err != nil {
		return incident.Profile{}, err
	}
	user, err := e.Slack().GetUserInfoContext(e.ctx, handle)
	profile := incident.Profile{Person: incident.Person{Handle: handle, Name: handle}, Standing: incident.Stranger, Seen: e.Now()}
	switch {
	case refusedWith(err, "user_not_found", "user_not_visible"):
	case err != nil:
		return profile, fault("users.info", err)
	default:
		profile = us.profile(*user, e.Now())
	}
	return profile, e.Store.SaveProfiles(e.ctx, []incident.Profile{profile})
}

// amend changes the incident by what was found out while delivering.
func (e *errand) amend(do func(*incident.Incident, incident.Stamp) error) error {
	now := e.Now()
	key := fmt.Sprintf("effect:%d", e.effect.ID)
	_, err := e.Store.Change(e.ctx, incident.Request{At: now}, func(tx incident.Tx) ([]byte, error) {
		i, err := tx.Incident(e.i.ID)
		if err != nil {
			return nil, err
		}
		err = do(i, incident.Stamp{By: incident.System, At: now, Request: key})
		if incident.CodeOf(err) == incident.Conflict {
			return nil, nil // somebody was faster
		}
		return nil, err
	})
	return err
}

// findRoom looks for a channel that an earlier try made: of a name that it could have, made by us, not before the
// declaration. Any other of such a name is somebody else's.
func (e *errand) findRoom() (incident.Refs, error) {
	us, err := e.whoami(e.ctx)
	if err != nil {
		return nil, err
	}
	kind := "public_channel"
	if e.i.Private {
		kind = "private_channel"
	}
	query := &slack.GetConversationsForUserParameters{UserID: us.bot, Types: []string{kind}, Limit: 999, ExcludeArchived: true}
	for {
		channels, next, err := e.Slack().GetConversationsForUserContext(e.ctx, query)
		if err != nil {
			return nil, fault("users.conversations", err)
		}
		for _, channel := range channels {
			if channel.Creator != us.bot || !e.couldBe(channel) {
				continue
			}
			if owner, err := e.Store.InRoom(e.ctx, channel.ID); err != nil {
				return nil, err
			} else if owner != 0 {
				continue // the room of another incident
			}
			return e.anew(&channel), nil
		}
		if next == "" {
			return nil, nil
		}
		query.Cursor = next
	}
}

func (e *errand) couldBe(channel slack.Channel) bool {
	if channel.Created.Time().Before(e.i.Declared.Add(-skew).Truncate(time.Second)) {
		return false
	}
	for n := 1; n <= mostRooms; n++ {
		if channel.Name == roomName(e.i.Room, n) {
			return true
		}
	}
	return false
}

// refTopic keeps the topic that was set last: setting one again would show in the room.
const refTopic = "slack.topic"

func (e *errand) setTopic() (incident.Refs, error) {
	wanted := string(topic(e.i))
	if e.roomID() == "" || !e.dirty && e.i.Refs[refTopic] == wanted {
		return nil, nil // after an earlier try, the room may have another one than we keep
	}
	if e.dirty { // Slack writes a line for each setting, even to the same words
		there, err := e.Slack().GetConversationInfoContext(e.ctx, &slack.GetConversationInfoInput{ChannelID: e.roomID()})
		if err != nil {
			return nil, fault("conversations.info", err)
		}
		if html.UnescapeString(there.Topic.Value) == html.UnescapeString(wanted) {
			return incident.Refs{refTopic: wanted}, nil
		}
		e.looked()
	}
	_, err := e.Slack().SetTopicOfConversationContext(e.ctx, e.roomID(), wanted)
	if refusedWith(err, "is_archived") {
		return nil, nil
	}
	return incident.Refs{refTopic: wanted}, fault("conversations.setTopic", err)
}

// refInvited keeps who has been invited, so that nobody who left is called back by the next change of a role.
const refInvited = "slack.invited"

// inviteBatch is how many people one call of conversations.invite takes.
const inviteBatch = 100

// invite asks everybody into the room who belongs there and has not been asked yet.
func (e *errand) invite() (incident.Refs, error) {
	if e.roomID() == "" {
		return nil, nil
	}
	invited := strings.Fields(e.i.Refs[refInvited])
	var wanted []string
	carried, err := e.carried()
	if err != nil {
		return nil, err
	}
	belong := slices.Concat(e.Policy().Invited(e.i), strings.Fields(e.i.Refs[refPeople]), carried)
	for _, handle := range belong {
		if userID.MatchString(handle) && handle != e.team.Load().bot && !slices.Contains(invited, handle) && !slices.Contains(wanted, handle) {
			wanted = append(wanted, handle)
		}
	}
	for batch := range slices.Chunk(wanted, inviteBatch) {
		if err := e.inviteBatch(batch); err != nil {
			return nil, err
		}
	}
	learned := incident.Refs{refInvited: strings.Join(append(invited, wanted...), " ")}
	for _, done := range []string{refPeople, incident.RefCarried} {
		if e.i.Refs[done] != "" {
			learned[done] = ""
		}
	}
	return learned, nil
}

// unwelcome are the codes that speak of the people and not of the call. Source: the method's reference page.
var unwelcome = []string{"cant_invite", "user_is_restricted", "ura_max_channels", "user_not_found", "user_disabled", "org_user_not_in_team", "user_team_not_in_channel"}

// inviteBatch invites up to a hundred people. With force, those whom Slack refuses keep nobody else out.
func (e *errand) inviteBatch(handles []string) error {
	_, err := e.Slack().ForceInviteUsersToConversationContext(e.ctx, e.roomID(), handles...)
	var refused slack.SlackErrorResponse
	switch {
	case err == nil || refusedWith(err, "already_in_channel", "cant_invite_self", "is_archived"):
		return nil
	case errors.As(err, &refused) && (len(refused.Errors) > 0 || slices.Contains(unwelcome, refused.Err)):
		e.Log.Warn("some people could not be invited", "incident", e.i.ID.String(), "slack", refused.Err, "people", len(handles), "errors", len(refused.Errors))
		return nil
	}
	return fault("conversations.invite", err)
}
