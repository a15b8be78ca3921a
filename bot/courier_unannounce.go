package bot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// unannounce takes the announcement back, with what we posted below it: of a private incident nothing stands outside. A bot may
// delete what it has posted itself. Where Slack does not let it, the words are taken out.
func (e *errand) unannounce() (incident.Refs, error) {
	channel, ts, stands := e.i.Refs[refAnnouncedIn], e.i.Refs[refAnnounced], true
	below := strings.Fields(e.i.Refs[refThreaded])
	var err error
	switch { // an earlier try may have posted it, before it was closed off, or taken it back
	case e.dirty && ts != "":
		stands, err = e.standsAt(channel, ts)
	case e.dirty:
		ts, channel, err = e.findAnnouncement()
		stands = ts != ""
	}
	if err != nil {
		return nil, err
	}
	if channel == "" || ts == "" {
		return nil, nil
	}
	if e.dirty && (stands || len(below) > 0) || e.i.Refs[incident.RefRoomless] != "" { // people met below it
		if err := e.unthread(channel, ts); err != nil {
			return nil, err
		}
		below = nil
	}
	if stands {
		below = append(below, ts)
	}
	for _, ours := range below {
		if err := e.unsay(channel, ours); err != nil {
			return nil, err
		}
	}
	return incident.Refs{refAnnouncedIn: "", refAnnounced: "", refThreaded: "", incident.RefRoomless: ""}, nil
}

// standsAt tells whether a message of ours is still where it was posted. Where nobody can look, it is.
func (e *errand) standsAt(channel, ts string) (bool, error) {
	page, err := e.Slack().GetConversationHistoryContext(e.ctx, &slack.GetConversationHistoryParameters{
		ChannelID: channel, Oldest: ts, Latest: ts, Inclusive: true, Limit: 1,
	})
	if refusedWith(err, "channel_not_found", "not_in_channel", "is_archived", "method_not_supported_for_channel_type") {
		return true, nil
	}
	return err == nil && len(page.Messages) > 0, fault("conversations.history", err)
}

// announcementMark is what the announcement is known by.
func announcementMark(i *incident.Incident) string { return i.ID.String() + " announcement" }

// findAnnouncement looks for the announcement: where it was posted, or where it can have been without our knowing it.
func (e *errand) findAnnouncement() (ts, channel string, err error) {
	channel = e.i.Refs[refAnnouncedIn]
	if channel == "" {
		closed, err := e.Store.Latest(e.ctx, e.i.ID, incident.EventPrivate)
		if err != nil || closed.ID == 0 {
			return "", "", err // it was never public
		}
		policy, _ := e.announceIn()
		channel = firstOf(policy, e.i.Refs[incident.RefOrigin])
	}
	if channel == "" {
		return "", "", nil
	}
	found, err := e.find(post{what: announcementMark(e.i), channel: channel, since: e.i.Declared})
	if refusedWith(err, "channel_not_found", "not_in_channel", "is_archived", "method_not_supported_for_channel_type") {
		return "", "", nil // we cannot speak there
	}
	return found.Timestamp, channel, err
}

// unthread takes back all that we posted below a message, also what is not known to stand there.
func (e *errand) unthread(channel, ts string) error {
	below := post{channel: channel, thread: ts, since: e.i.Declared}
	for cursor := ""; ; {
		messages, next, err := e.read(below, cursor)
		if refusedWith(err, "not_in_channel") && cursor == "" {
			if _, _, _, err = e.Slack().JoinConversationContext(e.ctx, channel); err == nil {
				messages, next, err = e.read(below, cursor)
			}
		}
		if refusedWith(err, "thread_not_found", "channel_not_found", "message_not_found") {
			return nil
		}
		if err != nil {
			return fault("conversations.replies", err)
		}
		for _, m := range messages {
			what, _ := m.Metadata.EventPayload["what"].(string)
			if m.Timestamp != ts && strings.HasPrefix(what, e.i.ID.String()+" ") && e.isOurs(m.Metadata, what) {
				if err := e.unsay(channel, m.Timestamp); err != nil {
					return err
				}
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// unsay takes one message back. One that is gone is taken back already.
func (e *errand) unsay(channel, ts string) error {
	_, _, err := e.Slack().DeleteMessageContext(e.ctx, channel, ts)
	switch {
	case refusedWith(err, "message_not_found", "channel_not_found", "thread_not_found"):
		return nil
	case refusedWith(err, "cant_delete_message", "compliance_exports_prevent_deletion", "is_inactive", "is_archived"):
		return e.blank(channel, ts)
	}
	return fault("chat.delete", err)
}

// blank takes the words out of a message.
func (e *errand) blank(channel, ts string) error {
	nothing := post{what: fmt.Sprintf("%s taken back", e.i.ID), text: "_This message was taken back._", blocks: []slack.Block{section("_This message was taken back._")}}
	_, _, _, err := e.Slack().UpdateMessageContext(e.ctx, channel, ts, e.options(nothing)...)
	if refusedWith(err, "message_not_found") {
		return nil
	}
	return fault("chat.update", err)
}

// stripRoom makes one line of all that we have posted with buttons in a room that is left, the card first of all: it does not look
// as if it went on there. None of its words is said again, for they may be for others now.
//
// It looks at the newest pages only: what waits behind it, that the room is told and archived, matters more than old buttons.
func (e *errand) stripRoom(room string) error {
	const pages = 5
	cursor := ""
	for range pages {
		messages, next, err := e.read(post{channel: room, since: e.i.Declared}, cursor)
		if refusedWith(err, "not_in_channel", "channel_not_found") {
			return nil // we have been put out of it
		}
		if err != nil {
			return fault("conversations.history", err)
		}
		for _, m := range messages {
			what, _ := m.Metadata.EventPayload["what"].(string)
			if !strings.HasPrefix(what, e.i.ID.String()+" ") || !e.isOurs(m.Metadata, what) || !offers(m.Blocks.BlockSet) {
				continue
			}
			if err := e.strip(room, what, m.Timestamp); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return nil
}

// offers tells whether anything can be pressed.
func offers(blocks []slack.Block) bool {
	return slices.ContainsFunc(blocks, func(b slack.Block) bool { return b.BlockType() == slack.MBTAction })
}

// strip makes one line of a message: "INC-7 task 2 does not go on in this room".
func (e *errand) strip(room, what, ts string) error {
	about := e.i.ID.String()
	if task := strings.TrimPrefix(what, about+" task "); task != what {
		about = "Task " + task
	}
	line := "_" + markup(about) + " does not go on in this room._"
	p := post{what: what, text: line, blocks: []slack.Block{section(line)}}
	_, _, _, err := e.Slack().UpdateMessageContext(e.ctx, room, ts, e.options(p)...)
	if refusedWith(err, "message_not_found", "is_archived", "is_inactive", "cant_update_message", "edit_window_closed") {
		return nil
	}
	return fault("chat.update", err)
}
