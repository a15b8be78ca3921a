package bot

import (
	"errors"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// invited lists who has been invited to the room that there is, so that nobody who left is called back by the next change of a
// role. What is kept begins with the room that they were invited to: to the next one they are again.
func (e *errand) invited() []string {
	there := strings.Fields(e.i.Refs[incident.RefInvited])
	switch {
	case len(there) > 0 && there[0] == e.roomID():
		return there[1:]
	case len(there) > 0 && strings.HasPrefix(there[0], "C"): // to the room before
		return nil
	}
	return there
}

// keepInvited is what is kept of them.
func (e *errand) keepInvited(who []string) string {
	return strings.TrimSpace(e.roomID() + " " + strings.Join(who, " "))
}

// inviteBatch is how many people one call of conversations.invite takes.
const inviteBatch = 100

// invite asks everybody into the room who belongs there and has not been asked yet: first those whom the incident and the
// policy name, then those of groups, for which Slack has to be asked.
func (e *errand) invite() (incident.Refs, error) {
	if e.roomID() == "" {
		return nil, nil
	}
	policy, invited := e.Policy(), e.invited()
	carried, err := e.carried()
	if err != nil {
		return nil, err
	}
	var wanted, groups []string
	for _, handle := range slices.Concat(policy.Invited(e.i), strings.Fields(e.i.Refs[incident.RefPeople]), carried) {
		if userID.MatchString(handle) && handle != e.team.Load().bot && !e.stayOut(handle) && !slices.Contains(invited, handle) && !slices.Contains(wanted, handle) {
			wanted = append(wanted, handle)
		}
	}
	for _, group := range policy.InvitedGroups(e.i) {
		if !slices.Contains(invited, group) {
			groups = append(groups, group)
		}
	}
	if err := e.inviteAll(wanted); err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return e.remember(wanted)
	}
	ofGroups, unkept := e.inGroups(groups, append(invited, wanted...))
	if unkept == nil {
		unkept = e.inviteAll(ofGroups)
	}
	if unkept == nil {
		return e.remember(append(wanted, ofGroups...))
	}
	// Who is there is kept at once, or the next try would ask them again.
	if err := e.keepAtOnce(wanted); err != nil {
		return nil, err
	}
	return nil, unkept
}

// remember is what is kept of who has been invited. Where others may change that meanwhile, it is kept at once.
func (e *errand) remember(who []string) (incident.Refs, error) {
	for _, shared := range []string{incident.RefInvited, incident.RefPeople, incident.RefCarried} {
		if e.i.Refs[shared] != "" {
			return nil, e.keepAtOnce(who)
		}
	}
	return incident.Refs{incident.RefInvited: e.keepInvited(who)}, nil
}

// keepAtOnce adds to those who have been invited, and takes away those who were to be and are: all others stay, who came in while
// the invitations were on their way. To another room than that, nobody has been invited yet. Who is in a private room is kept
// before: from then on it counts, and Slack may say a minute later that they came.
func (e *errand) keepAtOnce(who []string) error {
	if err := e.seeWhoCame(who); err != nil {
		return err
	}
	return e.amend(func(i *incident.Incident, _ incident.Stamp) error {
		now := *e
		if now.i = i; now.roomID() != e.roomID() {
			return nil
		}
		for _, done := range []string{incident.RefPeople, incident.RefCarried} {
			if was := e.i.Refs[done]; was != "" {
				i.Refs[done] = strings.Join(without(strings.Fields(i.Refs[done]), strings.Fields(was)), " ")
			}
		}
		i.Refs[incident.RefInvited] = e.keepInvited(append(without(now.invited(), who), who...))
		return nil
	})
}

// seeWhoCame looks who is in a private room once people were invited there.
func (e *errand) seeWhoCame(who []string) error {
	if !e.i.Private || len(who) == 0 {
		return nil
	}
	at := e.Now()
	members, err := e.members(e.ctx, e.roomID())
	if err != nil || len(members) == 0 { // nobody can look any more
		return err
	}
	return e.Store.SetMembers(e.ctx, e.i.ID, members, at)
}

// without are the words of a list that are not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(word string) bool { return slices.Contains(other, word) })
}

// stayOut tells whether somebody is not to be called back: they have left a room that is private, or were put out of it.
func (e *errand) stayOut(handle string) bool { return e.i.Private && e.i.IsGone(handle) }

// inviteAll invites people, however many they are, and leaves out groups.
func (e *errand) inviteAll(handles []string) error {
	handles = slices.DeleteFunc(slices.Clone(handles), func(handle string) bool { return !userID.MatchString(handle) })
	for batch := range slices.Chunk(handles, inviteBatch) {
		if err := e.inviteBatch(batch); err != nil {
			return err
		}
	}
	return nil
}

// inGroups lists the people of groups who are not among some, each once, and with them the groups themselves, so that none is
// asked for again: neither guests nor bots. A group that Slack does not give out keeps nobody else out.
func (e *errand) inGroups(groups, but []string) ([]string, error) {
	var people []string
	for _, group := range groups {
		members, err := e.Slack().GetUserGroupMembersContext(e.ctx, group)
		err = fault("usergroups.users.list", err)
		var refused *callError
		if errors.As(err, &refused) {
			e.Log.Warn("the people of a group could not be invited", "incident", e.i.ID.String(), "group", group, "err", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		people = append(people, group)
		for _, handle := range members {
			if e.stayOut(handle) || slices.Contains(but, handle) || slices.Contains(people, handle) {
				continue
			}
			if welcome, err := e.ofUs(handle); err != nil {
				return nil, err
			} else if welcome {
				people = append(people, handle)
			}
		}
	}
	return people, nil
}

// ofUs tells whether somebody is a full member of the workspace. Who is not known yet is looked up.
func (e *errand) ofUs(handle string) (bool, error) {
	profile, err := e.Store.Profile(e.ctx, handle)
	if err == nil && profile.Standing == "" && userID.MatchString(handle) {
		profile, err = e.lookUp(handle)
	}
	return profile.Standing == incident.Member || profile.Standing == incident.Admin, err
}

// unwelcome are the codes that speak of the people and not of the call. Source: the method's reference page.
var unwelcome = []string{"cant_invite", "user_is_restricted", "ura_max_channels", "user_not_found", "user_disabled", "org_user_not_in_team", "user_team_not_in_channel"}

// inviteBatch invites up to a hundred people. With force, those whom Slack refuses keep nobody else out.
func (e *errand) inviteBatch(handles []string) error {
	_, err := e.Slack().ForceInviteUsersToConversationContext(e.ctx, e.roomID(), handles...)
	var refused slack.SlackErrorResponse
	switch {
	case err == nil || e.refusedAsShut(e.roomID(), err) || refusedWith(err, "already_in_channel", "cant_invite_self"):
		return nil
	case errors.As(err, &refused) && (len(refused.Errors) > 0 || slices.Contains(unwelcome, refused.Err)):
		e.Log.Warn("some people could not be invited", "incident", e.i.ID.String(), "slack", refused.Err, "people", len(handles), "errors", len(refused.Errors))
		return nil
	}
	return fault("conversations.invite", err)
}
