package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// metadataType marks our messages. Its payload names what the message is, so that it is found again whichever delivery
// posted it.
const metadataType = "tocsin"

// post is a message to be sent: what it is, where, and what it says.
type post struct {
	what    string // "INC-7 card"
	channel string
	thread  string    // timestamp of the message below which it stands; "" for none
	since   time.Time // it cannot stand in the channel from before
	text    markup    // for notifications and screen readers
	blocks  []slack.Block
	stands  bool // it shows a state, and is edited in place; else it was said once
}

func (e *errand) options(p post) []slack.MsgOption {
	payload := e.payload(p)
	p = p.marked(e.i)
	return []slack.MsgOption{
		slack.MsgOptionText(string(p.text), false), // markup is escaped already
		slack.MsgOptionBlocks(p.blocks...),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: payload}),
	}
}

// marked is a message that says first that it is an exercise, where it is one. Those that begin with the headline do so already.
func (p post) marked(i *incident.Incident) post {
	mark := drillMark(i)
	if mark == "" || strings.HasPrefix(string(p.text), string(mark)) {
		return p
	}
	p.text = mark + p.text
	p.blocks = append([]slack.Block{contextLine(":test_tube: *EXERCISE*")}, p.blocks...)
	return p
}

func (e *errand) payload(p post) map[string]any {
	return map[string]any{"installation": e.Installation, "what": p.what, "state": p.state()}
}

// state tells one state of a message from another, without its words.
func (p post) state() string {
	blocks, _ := json.Marshal(p.blocks) // ours always marshal
	sum := sha256.Sum256(append(blocks, p.text...))
	return hex.EncodeToString(sum[:8])
}

// send posts a message unless an earlier try did, and returns its timestamp. One that an earlier try posted may show what
// was true then: it is brought in step.
func (e *errand) send(p post) (ts string, err error) {
	if e.dirty {
		found, err := e.find(p)
		switch {
		case err != nil:
			return "", err
		case found.Timestamp != "" && (!p.stands || found.Metadata.EventPayload["state"] == p.state()):
			return found.Timestamp, nil
		case found.Timestamp != "":
			_, _, _, err := e.Slack().UpdateMessageContext(e.ctx, p.channel, found.Timestamp, e.options(p)...)
			e.refusedAsShut(p.channel, err)
			return found.Timestamp, fault("chat.update", err)
		}
		e.looked()
	}
	quiet := append(e.options(p), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if p.thread != "" {
		quiet = append(quiet, slack.MsgOptionTS(p.thread))
	}
	_, ts, err = e.Slack().PostMessageContext(e.ctx, p.channel, quiet...)
	e.refusedAsShut(p.channel, err)
	return ts, fault("chat.postMessage", err)
}

// edit brings a message in step that stands there already, and returns its timestamp: a new one where the message is
// gone, because somebody deleted it, and had to be posted anew.
func (e *errand) edit(p post, ts string) (string, error) {
	_, _, _, err := e.Slack().UpdateMessageContext(e.ctx, p.channel, ts, e.options(p)...)
	switch {
	case e.refusedAsShut(p.channel, err):
		return ts, nil // nobody can change anything there any more
	case refusedWith(err, "message_not_found", "cant_update_message", "edit_window_closed"):
		return e.send(p)
	}
	return ts, fault("chat.update", err)
}

// find looks for a message that an earlier try posted. Where we are not in a public channel, we join it to look.
func (e *errand) find(p post) (found slack.Message, err error) {
	for cursor := ""; ; {
		messages, next, err := e.read(p, cursor)
		if refusedWith(err, "not_in_channel") && cursor == "" {
			if _, _, _, err = e.Slack().JoinConversationContext(e.ctx, p.channel); err == nil {
				messages, next, err = e.read(p, cursor)
			}
		}
		if err != nil {
			e.refusedAsShut(p.channel, err)
			return found, fault("conversations.history", err)
		}
		for _, m := range messages {
			if e.isOurs(m.Metadata, p.what) {
				return m, nil
			}
		}
		if next == "" {
			return found, nil
		}
		cursor = next
	}
}

// read reads a page of where a message would stand: its channel, or its thread.
func (e *errand) read(p post, cursor string) (messages []slack.Message, next string, err error) {
	oldest := strconv.FormatInt(p.since.Add(-skew).Unix(), 10) + ".000000"
	if p.thread != "" {
		messages, more, next, err := e.Slack().GetConversationRepliesContext(e.ctx, &slack.GetConversationRepliesParameters{
			ChannelID: p.channel, Timestamp: p.thread, Limit: 200, IncludeAllMetadata: true, Oldest: oldest, Cursor: cursor,
		})
		if !more {
			next = ""
		}
		return messages, next, err
	}
	page, err := e.Slack().GetConversationHistoryContext(e.ctx, &slack.GetConversationHistoryParameters{
		ChannelID: p.channel, Limit: 200, IncludeAllMetadata: true, Oldest: oldest, Cursor: cursor,
	})
	if err != nil || !page.HasMore {
		return messagesOf(page), "", err
	}
	return page.Messages, page.ResponseMetaData.NextCursor, nil
}

func messagesOf(page *slack.GetConversationHistoryResponse) []slack.Message {
	if page == nil {
		return nil
	}
	return page.Messages
}

func (e *errand) isOurs(m slack.SlackMetadata, what string) bool {
	return m.EventType == metadataType && m.EventPayload["what"] == what && m.EventPayload["installation"] == e.Installation
}

// refCard keeps the timestamp of the card.
const refCard = "slack.card"

// postCard posts the card, or edits it.
func (e *errand) postCard() (incident.Refs, error) {
	if e.roomID() == "" {
		return nil, nil
	}
	last, err := e.latestUpdate()
	if err != nil {
		return nil, err
	}
	kin, err := e.kin()
	if err != nil {
		return nil, err
	}
	p := post{
		what: e.i.ID.String() + " card", channel: e.roomID(), since: e.i.Declared,
		text: headline(e.i, 400) + " · " + statusName(e.Policy(), e.i), blocks: e.card(e.i, last, e.announcementLink(e.i), kin), stands: true,
	}
	ts := e.i.Refs[refCard]
	if ts != "" {
		ts, err = e.edit(p, ts)
	} else {
		ts, err = e.send(p)
	}
	if err != nil {
		return nil, err
	}
	return incident.Refs{refCard: ts}, nil
}

// refPinned keeps the timestamp of the message that was pinned.
const refPinned = "slack.pinned"

// pin pins the card. A second time does no harm.
func (e *errand) pin() (incident.Refs, error) {
	ts := e.i.Refs[refCard]
	if e.roomID() == "" || ts == "" || ts == e.i.Refs[refPinned] {
		return nil, nil
	}
	err := e.Slack().AddPinContext(e.ctx, e.roomID(), slack.NewRefToMessage(e.roomID(), ts))
	if err != nil && !e.refusedAsShut(e.roomID(), err) && !refusedWith(err, "already_pinned") {
		return nil, fault("pins.add", err)
	}
	return incident.Refs{refPinned: ts}, nil
}

// say tells the room about one event, or about all that could not be told in time.
func (e *errand) say() (incident.Refs, error) {
	_, event, err := e.Store.Event(e.ctx, e.effect.Event())
	switch {
	case err == nil && event.Kind == incident.EventOutage:
		return nil, e.sumUpOutage(event)
	case err != nil || e.roomID() == "" && !e.roomless() || event.Redacted:
		return nil, err
	case event.Kind == incident.EventCustomersDraft: // somebody waits for it, however late it comes
		return e.sayDraft(event)
	case e.summarised(event):
		return nil, nil
	case e.roomless() && event.Kind == incident.EventUpdate:
		return nil, nil // which stands below the announcement of itself
	case e.Now().Sub(event.At) > incident.Backlog:
		if asked, err := e.askedBefore(event, e.roomID()); err != nil || asked != nil {
			return asked, err
		}
		return e.summarise(event)
	}
	return e.sayOne(event)
}

// roomless tells whether people meet below the announcement, because Slack let us have no room. Of a private incident there is
// no such place.
func (e *errand) roomless() bool {
	return e.roomID() == "" && e.i.Refs[incident.RefRoomless] != "" && !e.i.Private && e.i.Refs[refAnnounced] != ""
}

// sayOne tells the room about one event.
func (e *errand) sayOne(event incident.Event) (incident.Refs, error) {
	line, err := e.saying(event)
	if err != nil {
		return nil, err
	}
	if line == nil {
		return e.askedBefore(event, e.roomID())
	}
	channel, ts, err := e.speak(event, line, false)
	return e.asked(event, channel, ts), err
}

// speak posts to the room what is said of an event, and returns where it stands. What stands is brought in step where an earlier
// try has posted it.
func (e *errand) speak(event incident.Event, line *saying, stands bool) (channel, ts string, err error) {
	p := post{
		what: fmt.Sprintf("%s event %d", e.i.ID, event.ID), channel: e.roomID(), since: event.At,
		text: line.text, blocks: line.blocks, stands: stands,
	}
	if e.roomless() {
		p.channel, p.thread = e.i.Refs[refAnnouncedIn], e.i.Refs[refAnnounced]
	}
	ts, err = e.send(p)
	if refusedWith(err, "is_archived", "thread_not_found") {
		return "", "", nil
	}
	return p.channel, ts, err
}

// unreachable are the codes that say that a person takes no messages from us, and will not: trying again helps nobody.
var unreachable = []string{"user_not_found", "user_not_visible", "user_disabled", "cannot_dm_bot", "channel_not_found", "messages_tab_disabled"}

// tell sends one person a direct message about one event.
func (e *errand) tell() (incident.Refs, error) {
	_, event, err := e.Store.Event(e.ctx, e.effect.Event())
	if err != nil || event.Redacted {
		return nil, err
	}
	if event.Kind == incident.EventBriefed {
		return nil, e.brief(event)
	}
	line, err := e.telling(event)
	whom := event.Whom.Handle
	if err != nil || !userID.MatchString(whom) {
		return nil, err
	}
	if line == nil {
		return e.askedBeforeOf(event, whom)
	}
	p := post{
		what: fmt.Sprintf("%s event %d", e.effect.Incident, event.ID), since: event.At,
		text: line.text, blocks: line.blocks,
	}
	var ts string
	if event.Kind == incident.EventCaughtUp { // in place of the message that it was late, whoever got that
		p.channel, ts, _ = strings.Cut(e.i.Refs[lateRef(event)], " ")
		_, err = e.edit(p, ts)
		return incident.Refs{lateRef(event): ""}, err
	}
	p.channel, ts, err = e.sendTo(whom, p)
	if event.Kind == incident.EventLate && ts != "" && err == nil {
		return incident.Refs{lateRef(event): p.channel + " " + ts}, nil
	}
	return e.asked(event, p.channel, ts), err
}

// sendTo sends one person a direct message, and returns where it stands; one who takes none from us is noted and left alone.
func (e *errand) sendTo(handle string, p post) (channel, ts string, err error) {
	direct, _, _, err := e.Slack().OpenConversationContext(e.ctx, &slack.OpenConversationParameters{Users: []string{handle}})
	if err == nil {
		p.channel = direct.ID
		ts, err = e.send(p)
	}
	if refusedWith(err, unreachable...) {
		e.Log.Warn("somebody could not be told", "incident", e.effect.Incident.String(), "event", e.effect.Event())
		return "", "", nil
	}
	return p.channel, ts, fault("conversations.open", err)
}

// lateRef keeps where somebody was told that something is late (channel and timestamp), until it got through.
func lateRef(event incident.Event) string { return "slack.late." + event.To }

// caughtUp tells whether what an event says is late has got through in the meantime.
func (e *errand) caughtUp(late incident.Event) (bool, error) {
	const since = 50 // entries: more have hardly been written while this one waited to be told
	events, _, err := e.Store.Timeline(e.ctx, e.i.ID, 0, since)
	return slices.ContainsFunc(events, func(later incident.Event) bool {
		return later.Kind == incident.EventCaughtUp && later.To == late.To && later.ID > late.ID
	}), err
}
