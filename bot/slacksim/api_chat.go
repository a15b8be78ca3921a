package slacksim

import (
	"errors"
	"slices"
	"unicode/utf16"
)

// Lengths of text, in UTF-16 units.
const (
	maxPost   = 40000 // chat.postMessage cuts here
	maxUpdate = 4000  // chat.update refuses beyond
	maxBlocks = 13200 // undocumented ceiling over all blocks of a message
)

// units counts text as the strictest reading of "characters" does.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// target finds the channel to post to: an id of a channel or of a person (their direct messages), or a #name.
func (r *request) target() (*channel, error) {
	if p := r.people[r.str("channel")]; p != nil {
		if p.Bot || p.Deleted {
			return nil, refuse("channel_not_found")
		}
		return r.direct(p.ID), nil
	}
	c, err := r.channel("channel")
	switch {
	case err != nil:
		return nil, err
	case c.archived:
		return nil, refuse("is_archived")
	}
	return c, nil
}

// content is what a message is made of, checked.
func (w *Workspace) content(args Object, m *message) error {
	if _, both := args["markdown_text"]; both {
		return refuse("markdown_text_conflict") // supported by Slack, used by nobody here
	}
	if v, ok := args["text"]; ok {
		m.text = str(v)
	}
	if v, ok := args["blocks"]; ok {
		blocks, err := w.checkBlocks(v, onMessage)
		if err != nil {
			return err
		}
		m.blocks = blocks
	}
	if v, ok := args["attachments"]; ok {
		list, isList := v.([]any)
		if !isList || len(list) > 100 {
			return refuse("too_many_attachments")
		}
		m.attached = list
	}
	if v, ok := args["metadata"]; ok {
		meta := obj(v)
		if str(meta["event_type"]) == "" || obj(meta["event_payload"]) == nil {
			return refuse("metadata_must_have_event_type_and_payload")
		}
		m.metadata = meta
	}
	if m.text == "" && len(m.blocks) == 0 && len(m.attached) == 0 {
		return refuse("no_text")
	}
	return nil
}

func postMessage(r *request) (Object, error) {
	c, err := r.target()
	if err != nil {
		return nil, err
	}
	if !c.members[r.team.bot] && !r.grant.has("chat:write.public") {
		return nil, refuse("not_in_channel")
	}
	if r.given("username", "icon_emoji", "icon_url") && !r.grant.has("chat:write.customize") {
		return nil, r.missingScope([]string{"chat:write.customize"})
	}
	m := &message{user: r.team.bot, byApp: true, broadcast: r.yes("reply_broadcast")}
	if err := r.content(r.args, m); err != nil {
		return nil, err
	}
	m.text = cut(m.text, maxPost)
	if m.thread = r.str("thread_ts"); m.thread != "" {
		parent := c.byTS[m.thread]
		if parent == nil || parent.only != "" {
			return nil, refuse("thread_not_found")
		}
		if parent.thread != "" {
			m.thread = parent.thread
		}
	}
	r.append(c, m)
	return Object{"channel": c.id, "ts": m.ts, "message": r.messageJSON(c, m, true)}, nil
}

// cut shortens text to n UTF-16 units without breaking a character.
func cut(s string, n int) string {
	if units(s) <= n {
		return s
	}
	total := 0
	for i, r := range s {
		total += utf16.RuneLen(r)
		if total > n {
			return s[:i]
		}
	}
	return s
}

func postEphemeral(r *request) (Object, error) {
	c, err := r.channel("channel")
	switch {
	case err != nil:
		return nil, err
	case c.archived:
		return nil, refuse("is_archived")
	case !c.members[r.team.bot] && c.private:
		return nil, refuse("channel_not_found")
	case !c.members[r.str("user")]:
		return nil, refuse("user_not_in_channel")
	}
	m := &message{user: r.team.bot, byApp: true, only: r.str("user"), thread: r.str("thread_ts")}
	if err := r.content(r.args, m); err != nil {
		return nil, err
	}
	m.text = cut(m.text, maxPost)
	r.append(c, m)
	return Object{"message_ts": m.ts}, nil
}

// own finds a message that the app wrote and may change.
func (r *request) own(denied string) (*channel, *message, error) {
	c, err := r.channel("channel")
	if err != nil {
		return nil, nil, err
	}
	m := c.byTS[r.str("ts")]
	switch {
	case m == nil || m.only != "":
		err = refuse("message_not_found")
	case !m.byApp || m.subtype != "":
		err = refuse(denied)
	case c.archived:
		err = refuse("is_inactive")
	}
	return c, m, err
}

// update edits a message: text without blocks removes the blocks; metadata and attachments stay unless given.
func update(r *request) (Object, error) {
	c, m, err := r.own("cant_update_message")
	if err != nil {
		return nil, err
	}
	if units(r.str("text")) > maxUpdate {
		return nil, refuse("msg_too_long")
	}
	next := *m
	if r.given("text") && !r.given("blocks") {
		next.blocks = nil
	}
	if !r.given("text", "blocks", "attachments", "metadata") {
		return nil, refuse("no_text")
	}
	if err := r.content(r.args, &next); err != nil {
		return nil, err
	}
	r.edit(c, m, func(m *message) {
		m.text, m.blocks, m.attached, m.metadata = next.text, next.blocks, next.attached, next.metadata
	})
	return Object{"channel": c.id, "ts": m.ts, "text": m.text, "message": r.messageJSON(c, m, true)}, nil
}

func deleteMessage(r *request) (Object, error) {
	c, m, err := r.own("cant_delete_message")
	var refusal *apiError
	if errors.As(err, &refusal) && refusal.code == "is_inactive" {
		err = nil // deleting is allowed in an archived channel
	}
	if err != nil {
		return nil, err
	}
	r.remove(c, m)
	return Object{"channel": c.id, "ts": m.ts}, nil
}

func getPermalink(r *request) (Object, error) {
	c, err := r.channel("channel")
	if err != nil {
		return nil, err
	}
	m := c.byTS[r.str("message_ts")]
	if m == nil || m.only != "" {
		return nil, refuse("message_not_found")
	}
	return Object{"channel": c.id, "permalink": r.permalink(c, m)}, nil
}

// markable finds a message to pin or react to.
func (r *request) markable(ts string) (*channel, *message, error) {
	c, err := r.channel("channel")
	if err != nil {
		return nil, nil, err
	}
	if c.archived {
		return nil, nil, refuse("is_archived")
	}
	m := c.byTS[ts]
	if m == nil || m.only != "" {
		return nil, nil, refuse("message_not_found")
	}
	if !c.members[r.team.bot] {
		return nil, nil, refuse("not_in_channel")
	}
	return c, m, nil
}

func pinAdd(r *request) (Object, error) {
	c, m, err := r.markable(r.str("timestamp"))
	switch {
	case err != nil:
		return nil, err
	case m.subtype != "":
		return nil, refuse("not_pinnable")
	case slices.Contains(c.pins, m.ts):
		return nil, refuse("already_pinned")
	case len(c.pins) >= 100:
		return nil, refuse("too_many_pins")
	}
	r.pin(c, m, r.team.bot)
	return Object{}, nil
}

// pin toggles a pin, with Slack's event. The caller holds the lock.
func (w *Workspace) pin(c *channel, m *message, by string) {
	event := "pin_added"
	if i := slices.Index(c.pins, m.ts); i >= 0 {
		event, c.pins = "pin_removed", slices.Delete(c.pins, i, i+1)
	} else {
		c.pins = append(c.pins, m.ts)
	}
	w.emitIn(c, event, Object{
		"user": by, "channel_id": c.id, "pin_count": len(c.pins),
		"item": Object{"type": "message", "channel": c.id, "created": w.now().Unix(), "created_by": by, "message": w.messageJSON(c, m, false)},
	})
	w.touch(screenEvent{Type: "messages", Channel: c.id})
	w.touch(screenEvent{Type: "state"})
}

func pinRemove(r *request) (Object, error) {
	c, m, err := r.markable(r.str("timestamp"))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.pins, m.ts) {
		return nil, refuse("no_pin")
	}
	r.pin(c, m, r.team.bot)
	return Object{}, nil
}

func pinList(r *request) (Object, error) {
	c, err := r.mine("channel")
	if err != nil {
		return nil, err
	}
	items := []any{}
	for _, ts := range c.pins {
		items = append(items, Object{"type": "message", "channel": c.id, "created": parseTS(ts).Unix(), "created_by": r.team.bot, "message": r.messageJSON(c, c.byTS[ts], false)})
	}
	return Object{"items": items}, nil
}
