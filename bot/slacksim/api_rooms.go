package slacksim

import (
	"slices"
)

// invite adds people. Without force one bad id fails the whole call; with it the others join and errors names the rest.
func invite(r *request) (Object, error) {
	c, err := r.active("channel")
	if err != nil {
		return nil, err
	}
	if err := r.manage(c, "invites"); err != nil {
		return nil, err
	}
	users := r.list("users")
	if len(users) == 0 || len(users) > 100 {
		return nil, invalid("invalid_arguments", "users: 1 to 100 ids")
	}
	var good []string
	var errs []any
	first := ""
	for _, u := range users {
		fault := r.inviteFault(c, u)
		if fault == "" {
			good = append(good, u)
			continue
		}
		if first == "" {
			first = fault
		}
		errs = append(errs, Object{"user": u, "ok": false, "error": fault})
	}
	if len(errs) > 0 && (!r.yes("force") || len(good) == 0) {
		return nil, &apiError{code: first, extra: Object{"errors": errs}}
	}
	for _, u := range good {
		r.addMember(c, u, r.team.bot)
	}
	answer := Object{"channel": r.channelJSON(c, false)}
	if len(errs) > 0 {
		answer["errors"] = errs
	}
	return answer, nil
}

func (r *request) inviteFault(c *channel, user string) string {
	p := r.people[user]
	switch {
	case user == r.team.bot:
		return "cant_invite_self"
	case p == nil || p.Deleted:
		return "user_not_found"
	case p.Stranger:
		return "user_team_not_in_channel"
	case c.members[user]:
		return "already_in_channel"
	}
	return ""
}

func kick(r *request) (Object, error) {
	c, err := r.active("channel")
	if err != nil {
		return nil, err
	}
	if err := r.manage(c, ""); err != nil {
		return nil, err
	}
	switch user := r.str("user"); {
	case user == r.team.bot:
		return nil, refuse("cant_kick_self")
	case r.people[user] == nil:
		return nil, refuse("user_not_found")
	case c.name == "general":
		return nil, refuse("cant_kick_from_general")
	case !c.members[user]:
		return nil, refuse("not_in_channel")
	default:
		r.dropMember(c, user)
		return Object{}, nil
	}
}

// open opens the direct messages with one person; group messages are not supported here.
func open(r *request) (Object, error) {
	var c *channel
	users := r.list("users")
	switch {
	case r.str("channel") != "":
		found, err := r.channel("channel")
		if err != nil {
			return nil, err
		}
		c = found
	case len(users) == 0:
		return nil, refuse("users_list_not_supplied")
	case len(users) > 1:
		return nil, refuse("method_not_supported_for_channel_type")
	default:
		p := r.people[users[0]]
		if p == nil || p.Bot {
			return nil, refuse("user_not_found")
		}
		if p.Deleted {
			return nil, refuse("user_disabled")
		}
		c = r.direct(p.ID)
	}
	if r.yes("return_im") {
		return Object{"channel": r.channelJSON(c, false)}, nil
	}
	return Object{"channel": Object{"id": c.id}}, nil
}

func setTopic(r *request) (Object, error) { return r.setNote("topic") }

func setPurpose(r *request) (Object, error) { return r.setNote("purpose") }

func (r *request) setNote(which string) (Object, error) {
	c, err := r.active("channel")
	if err != nil {
		return nil, err
	}
	if err := r.manage(c, "topic"); err != nil {
		return nil, err
	}
	value := r.str(which)
	if units(value) > 250 {
		return nil, refuse("too_long")
	}
	r.note(c, which, value, r.team.bot)
	return Object{which: value, "channel": r.channelJSON(c, false)}, nil
}

// note sets topic or purpose, with Slack's line. The caller holds the lock.
func (w *Workspace) note(c *channel, which, value, by string) {
	kind := "channel_"
	if c.private {
		kind = "group_"
	}
	text := "<@" + by + "> set the channel " + which + ": " + value
	if value == "" {
		text = "<@" + by + "> cleared channel " + which
	}
	n := note{value, by, w.now()}
	if which == "topic" {
		c.topic = n
	} else {
		c.purpose = n
	}
	c.updated = w.now()
	w.system(c, by, kind+which, text, Object{which: value})
	w.touch(screenEvent{Type: "state"})
}

// historyOf lists messages of a channel, newest first, without the replies in threads.
func historyOf(r *request) (Object, error) {
	c, err := r.readable()
	if err != nil {
		return nil, err
	}
	var found []*message
	for _, m := range c.messages {
		if m.only == "" && (m.thread == "" || m.thread == m.ts || m.broadcast) {
			found = append(found, m)
		}
	}
	slices.Reverse(found)
	return r.messagesPage(c, found)
}

// repliesOf lists a thread, its parent first, then the replies from the oldest.
func repliesOf(r *request) (Object, error) {
	c, err := r.readable()
	if err != nil {
		return nil, err
	}
	parent := c.byTS[r.str("ts")]
	if parent == nil || parent.only != "" {
		return nil, refuse("thread_not_found")
	}
	if parent.thread != "" {
		parent = c.byTS[parent.thread]
	}
	if parent == nil {
		return nil, refuse("thread_not_found")
	}
	return r.messagesPage(c, append([]*message{parent}, c.replies(parent.ts)...))
}

// readable is the channel, if the bot is in it and has the scope that its kind asks for.
func (r *request) readable() (*channel, error) {
	c, err := r.channel("channel")
	if err != nil {
		return nil, err
	}
	if err := r.need(c, "history"); err != nil {
		return nil, err
	}
	return r.mine("channel")
}

func (r *request) messagesPage(c *channel, found []*message) (Object, error) {
	all := []any{}
	oldest, latest := parseTS(r.str("oldest")), parseTS(r.str("latest"))
	for _, m := range found {
		at := parseTS(m.ts)
		before := !oldest.IsZero() && (at.Before(oldest) || at.Equal(oldest) && !r.yes("inclusive"))
		after := !latest.IsZero() && (at.After(latest) || at.Equal(latest) && !r.yes("inclusive"))
		if !before && !after {
			all = append(all, m)
		}
	}
	page, next, err := r.page(all, 999)
	if err != nil {
		return nil, err
	}
	for i, m := range page {
		page[i] = r.messageJSON(c, m.(*message), r.yes("include_all_metadata"))
	}
	answer := Object{"messages": page, "has_more": next["next_cursor"] != "", "pin_count": len(c.pins), "channel_actions_count": 0}
	if next["next_cursor"] != "" {
		answer["response_metadata"] = next
	}
	return answer, nil
}
