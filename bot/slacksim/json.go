package slacksim

import (
	"maps"
	"slices"
	"strings"
)

// channelJSON is a conversation as conversations.info and list show it to the app. The caller holds the lock.
func (w *Workspace) channelJSON(c *channel, members bool) Object {
	o := Object{
		"id": c.id, "created": c.created.Unix(), "creator": c.creator, "is_archived": c.archived, "is_im": c.im, "is_mpim": false,
		"is_channel": !c.private, "is_group": c.private && !c.im, "is_private": c.private, "is_shared": false, "is_org_shared": false,
		"is_ext_shared": false, "is_pending_ext_shared": false, "context_team_id": w.team.id, "updated": c.updated.UnixMilli(),
	}
	if c.im {
		o["user"], o["is_open"] = c.with, true
		return o
	}
	previous := []any{}
	for _, n := range c.previous {
		previous = append(previous, n)
	}
	maps.Copy(o, Object{
		"name": c.name, "name_normalized": c.name, "is_general": c.name == "general", "is_member": c.members[w.team.bot], "unlinked": 0,
		"topic": c.topic.json(), "purpose": c.purpose.json(), "previous_names": previous, "parent_conversation": nil,
	})
	if members {
		o["num_members"] = len(c.members)
	}
	return o
}

func (n note) json() Object {
	at := int64(0)
	if n.by != "" {
		at = n.at.Unix()
	}
	return Object{"value": n.value, "creator": n.by, "last_set": at}
}

// messageJSON is a message as history, events and interactions show it. The caller holds the lock.
func (w *Workspace) messageJSON(c *channel, m *message, metadata bool) Object {
	o := Object{"type": "message", "user": m.user, "text": m.text, "ts": m.ts, "team": w.team.id}
	maps.Copy(o, m.extra)
	if m.subtype != "" {
		o["subtype"] = m.subtype
	}
	if m.byApp {
		o["bot_id"], o["app_id"] = w.team.botID, w.team.app
		o["bot_profile"] = Object{"id": w.team.botID, "app_id": w.team.app, "name": w.nameOf(w.team.bot), "deleted": false, "team_id": w.team.id, "icons": Object{}, "updated": 0}
	}
	if m.blocks != nil {
		o["blocks"] = m.blocks
	} else if m.subtype == "" && !m.byApp {
		o["blocks"] = []any{richText(m.text)}
	}
	if m.attached != nil {
		o["attachments"] = m.attached
	}
	if m.edited != "" {
		o["edited"] = Object{"user": m.user, "ts": m.edited}
	}
	if metadata && m.metadata != nil {
		o["metadata"] = m.metadata
	}
	if len(m.reactions) > 0 {
		o["reactions"] = reactionsJSON(m)
	}
	if slices.Contains(c.pins, m.ts) {
		o["pinned_to"] = []any{c.id}
	}
	w.threadJSON(c, m, o)
	return o
}

func (w *Workspace) threadJSON(c *channel, m *message, o Object) {
	if m.thread != "" {
		o["thread_ts"] = m.thread
		if p := c.byTS[m.thread]; p != nil && p != m {
			o["parent_user_id"] = p.user
		}
		return
	}
	if c.threads[m.ts] == 0 { // most messages; looking for replies costs a walk through the channel
		return
	}
	list := c.replies(m.ts)
	if len(list) == 0 {
		return
	}
	var users []any
	for _, r := range list {
		if !slices.Contains(users, any(r.user)) {
			users = append(users, r.user)
		}
	}
	o["thread_ts"], o["reply_count"], o["reply_users"], o["reply_users_count"] = m.ts, len(list), users, len(users)
	o["latest_reply"], o["is_locked"], o["subscribed"] = list[len(list)-1].ts, false, false
}

func reactionsJSON(m *message) []any {
	list := []any{}
	for _, r := range m.reactions {
		users := []any{}
		for _, u := range r.users {
			users = append(users, u)
		}
		list = append(list, Object{"name": r.name, "users": users, "count": len(users)})
	}
	return list
}

// richText is the block that Slack's client makes of what a person types; entities are resolved, mentions stay text.
func richText(text string) Object {
	return Object{"type": "rich_text", "block_id": "rt", "elements": []any{
		Object{"type": "rich_text_section", "elements": []any{Object{"type": "text", "text": unescape(text)}}},
	}}
}

func bookmarkJSON(c *channel, b *bookmark) Object {
	return Object{
		"id": b.id, "channel_id": c.id, "title": b.title, "link": b.link, "emoji": b.emoji, "icon_url": nil, "type": "link", "entity_id": nil,
		"date_created": b.created.Unix(), "date_updated": b.updated.Unix(), "rank": "", "last_updated_by_user_id": "", "last_updated_by_team_id": "",
		"shortcut_id": "", "app_id": "", "app_action_id": "",
	}
}

// permalink is the address of a message on the web.
func (w *Workspace) permalink(c *channel, m *message) string {
	link := "https://" + w.team.domain + ".slack.com/archives/" + c.id + "/p" + strings.Replace(m.ts, ".", "", 1)
	if m.thread != "" && m.thread != m.ts {
		link += "?thread_ts=" + m.thread + "&cid=" + c.id
	}
	return link
}
