package bot

import (
	"fmt"
	"html"
	"slices"
	"strconv"
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
	if e.i.Room == "" { // none is wanted, but who recorded it must be somebody who may
		_, err := e.declarerMay()
		return nil, err
	}
	if e.i.Status == incident.Triage || e.i.Status == incident.Declined || e.i.DuplicateOf != 0 {
		return nil, nil
	}
	if shut, err := e.shutUnheard(); err != nil || e.roomID() != "" && !shut {
		return nil, err
	}
	if e.archived() {
		if e.i.Status == incident.Closed {
			return nil, nil
		}
		if back, err := e.revived(); err != nil {
			return nil, err
		} else if back {
			return incident.Refs{refArchived: "", incident.RefPeople: ""}, nil
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
	for _, name := range e.roomNames() {
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

// profile is what is known of a person, who is looked up where nothing is.
func (e *errand) profile(handle string) (incident.Profile, error) {
	profile, err := e.Store.Profile(e.ctx, handle)
	if err != nil || profile.Standing != "" || !userID.MatchString(handle) {
		return profile, err
	}
	return e.lookUp(handle)
}

// declarerMay looks up somebody who was believed when they declared. One who may not declare sends the incident back to
// triage, and nothing is sent on their word.
func (e *errand) declarerMay() (bool, error) {
	profile, err := e.profile(e.i.Declarer.Handle)
	if err != nil {
		return false, err
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
	query := &slack.GetConversationsForUserParameters{
		UserID: us.bot, Types: []string{"public_channel", "private_channel"}, Limit: 999, ExcludeArchived: true,
	}
	for {
		channels, next, err := e.Slack().GetConversationsForUserContext(e.ctx, query)
		if err != nil {
			return nil, fault("users.conversations", err)
		}
		for _, channel := range channels {
			if channel.Creator != us.bot || !e.couldBe(channel) {
				continue
			}
			owner, err := e.Store.InRoom(e.ctx, channel.ID)
			if err == nil && owner == 0 && channel.IsPrivate != e.i.Private { // opened by us before that was changed
				err = e.misfit(channel)
				owner = e.i.ID
			}
			if err != nil {
				return nil, err
			}
			if owner == 0 {
				return e.anew(&channel), nil
			}
		}
		if next == "" {
			return nil, nil
		}
		query.Cursor = next
	}
}

// misfit leaves a channel that was opened for others than those whom the incident is for by now.
func (e *errand) misfit(channel slack.Channel) error {
	err := e.amend(func(i *incident.Incident, s incident.Stamp) error { i.Misfit(channel.ID, channel.Name, s); return nil })
	if err == nil {
		e.i, err = e.Store.Incident(e.ctx, e.i.ID)
	}
	return err
}

func (e *errand) couldBe(channel slack.Channel) bool {
	if e.i.HasLeft(channel.ID) || channel.Created.Time().Before(e.i.Declared.Add(-skew).Truncate(time.Second)) {
		return false
	}
	return slices.Contains(e.roomNames(), channel.Name)
}

// roomNames are the names that the room may have, the wanted one first. A room keeps its name when it is left or archived: so they go
// on behind that of the last one.
func (e *errand) roomNames() (names []string) {
	first := 1
	if suffix, ours := strings.CutPrefix(e.i.Refs[incident.RefRoomName], e.i.Room); ours {
		last, _ := strconv.Atoi(strings.TrimPrefix(suffix, "-"))
		first = max(last, 1) + 1
	}
	for n := range mostRooms {
		names = append(names, roomName(e.i.Room, first+n))
	}
	return names
}

// refTopic keeps the topic that was set last: setting one again would show in the room.
const refTopic = "slack.topic"

func (e *errand) setTopic() (incident.Refs, error) {
	wanted := string(topic(e.Policy(), e.i))
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
	if e.refusedAsShut(e.roomID(), err) {
		return nil, nil
	}
	return incident.Refs{refTopic: wanted}, fault("conversations.setTopic", err)
}
