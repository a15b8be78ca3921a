package bot

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// gesture is something that somebody did to a message of a channel: they put the reaction there that catches it, took it
// away, edited or deleted it.
type gesture struct {
	channel, message string
	by, author       string // handles; "" is not known
	picks            bool   // the message may be one of which nothing is kept yet
	now              posted // what it says now, where that is told
	do               func(*incident.Incident, incident.Message, incident.Event, incident.Stamp) error
}

// gestureOf is what an event says that somebody did to a message; nil where it says nothing of that kind. Our own messages
// are none of it: what they say is on the timeline.
func (b *Bot) gestureOf(e event, us *team) *gesture {
	by, item := text(e.Inner.User), e.item()
	g := &gesture{channel: e.channel(), message: item.TS, by: by, author: text(e.Inner.Author)}
	catching := plainReaction(text(e.Inner.Reaction))
	mine := item.Type == "message" && catching == b.Policy().Reaction && by != us.bot && g.author != us.bot
	switch kind := e.Inner.Type + " " + text(e.Inner.Subtype); {
	case kind == "reaction_added " && mine:
		g.picks, g.do = true, func(i *incident.Incident, m incident.Message, last incident.Event, s incident.Stamp) error {
			return i.Pick(m, last, s)
		}
	case kind == "reaction_removed " && mine:
		g.do = func(i *incident.Incident, _ incident.Message, last incident.Event, s incident.Stamp) error {
			return i.Release(last, s)
		}
	case kind == "message message_changed":
		if json.Unmarshal(e.Inner.Message, &g.now) != nil || g.now.User == us.bot {
			return nil
		}
		g.message, g.author = g.now.TS, g.now.User
		g.by = firstOf(g.now.Edited.User, g.now.User)
		g.do = (*incident.Incident).Edited
		if g.now.Subtype == "tombstone" { // what Slack leaves of a deleted message that has replies
			g.deleted()
		}
	case kind == "message message_deleted":
		g.message = text(e.Inner.Deleted)
		g.deleted()
	default:
		return nil
	}
	return g
}

// plainReaction is the name of a reaction in any colour of skin: "thumbsup::skin-tone-2" is "thumbsup".
func plainReaction(name string) string {
	name, _, _ = strings.Cut(name, "::")
	return name
}

// deleted is for a message that is gone. By whom, Slack does not say.
func (g *gesture) deleted() {
	g.by, g.do = "", func(i *incident.Incident, _ incident.Message, last incident.Event, s incident.Stamp) error {
		return i.Deleted(last, s)
	}
}

// gestured records what somebody did to a message, where it stands in an incident's room and something is to be kept of it.
// Most do not: then nothing is written.
func (b *Bot) gestured(ctx context.Context, e event, g gesture) error {
	room, err := b.Store.InRoom(ctx, g.channel)
	if err != nil || room == 0 || g.message == "" {
		return err
	}
	if known, err := b.Store.Message(ctx, room, g.message); err != nil || known.ID == 0 && !g.picks {
		return err
	}
	if g.picks {
		if may, err := b.mayCatch(ctx, sender{user: g.by}, e.key(), room); err != nil || !may {
			return err
		}
	}
	g.now.TS = g.message
	m := b.messageOf(ctx, g.channel, g.now)
	m.Author = incident.Person{Handle: g.author, Name: b.personName(ctx, g.author)}
	stamp := incident.Stamp{By: incident.System, At: b.Now().UTC().Truncate(time.Millisecond), Request: e.key()}
	if g.by != "" {
		stamp.By = incident.Person{Handle: g.by, Name: b.personName(ctx, g.by)}
	}
	_, err = b.Store.Change(ctx, incident.Request{Key: e.key(), At: stamp.At}, func(tx incident.Tx) ([]byte, error) {
		f := finding{room: room, message: m, stamp: stamp}
		return nil, f.keep(tx, func(i *incident.Incident, last incident.Event) error { return g.do(i, m, last, stamp) })
	})
	return err
}

// mayCatch tells whether somebody may have a message of an incident's room kept with a reaction: who may write a note. Nobody
// hears a refusal, as of any reaction.
func (b *Bot) mayCatch(ctx context.Context, from sender, key string, room incident.ID) (bool, error) {
	c, err := b.begin(ctx, from, key)
	if err != nil || c.standing == incident.Bot || c.standing == incident.Gone {
		return false, err
	}
	c.incident, c.inside = room, true
	err = c.permitted("note")
	return err == nil, unrecorded(err)
}

// finding is what became known of a message of a room.
type finding struct {
	room    incident.ID
	message incident.Message
	stamp   incident.Stamp
}

// keep runs a rule on what is known of the message. That there is nothing for it to do is no error: somebody was faster.
func (f finding) keep(tx incident.Tx, rule func(*incident.Incident, incident.Event) error) error {
	i, err := tx.Incident(f.room)
	if err != nil {
		return err
	}
	last, err := tx.Message(f.room, f.message.Name)
	if err != nil {
		return err
	}
	if err = rule(i, last); err == nil {
		f.warn(tx)
	}
	if incident.CodeOf(err) == incident.Conflict {
		return nil
	}
	return err
}

// warn has the author told of the secrets that stood in the message.
func (f finding) warn(tx incident.Tx) {
	if len(f.message.Masked) > 0 {
		tx.System().Masked(f.message.Masked, f.message.Author, f.stamp)
	}
}

// messageOf is a message as the rules take it.
func (b *Bot) messageOf(ctx context.Context, channel string, m posted) incident.Message {
	name := func(handle string) string { return b.personName(ctx, handle) }
	found := incident.Message{Name: m.TS, At: momentOf(m.TS), Text: readable(m.Text, name)}
	if us := b.team.Load(); us != nil {
		found.Link = permalink(us.url, channel, m)
	}
	found.Author = incident.Person{Handle: firstOf(m.User, m.Bot), Name: firstOf(m.Name, name(m.User), m.Bot)}
	if m.Text == "" && len(m.Attached) > 0 { // an integration that says all in an attachment
		found.Text = readable(firstOf(m.Attached[0].Text, m.Attached[0].Fallback), name)
	}
	for _, f := range m.Files {
		found.Text += "\n" + strings.TrimSpace(firstOf(f.Name, "a file")+" "+f.Link)
	}
	found.Text, found.Masked = incident.Mask(found.Text)
	return found
}

// momentOf is when a message was written: Slack calls it by that.
func momentOf(ts string) time.Time {
	seconds, fraction, _ := strings.Cut(ts, ".")
	whole, err := strconv.ParseInt(seconds, 10, 64)
	micros, _ := strconv.ParseInt(fraction, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(whole, micros*1000).UTC().Truncate(time.Millisecond)
}

// catch keeps the message of a shortcut on the timeline of the incident in whose room it stands.
func (c *call) catch(m posted) (answer, error) {
	room, err := c.Store.InRoom(c.ctx, c.channel)
	us := c.team.Load()
	switch {
	case err != nil:
		return answer{}, err
	case room == 0:
		return answer{}, incident.Refuse(incident.Invalid, "This message stands in no incident's room. What is said elsewhere can be put on the timeline with a note.")
	case us != nil && m.User == us.bot:
		return answer{}, incident.Refuse(incident.Conflict, "What Tocsin says itself is on the timeline already.")
	}
	c.incident, c.inside = room, true
	if err := c.permitted("note"); err != nil { // it is one, in somebody's words
		return answer{}, err
	}
	found := c.messageOf(c.ctx, c.channel, m)
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := tx.Incident(room)
		if err != nil {
			return answer{}, err
		}
		last, err := tx.Message(room, m.TS)
		if err != nil {
			return answer{}, err
		}
		if err := i.Catch(found, last, c.stamp()); err != nil {
			return answer{}, err
		}
		finding{message: found, stamp: c.stamp()}.warn(tx)
		return say("On the timeline of " + markup(i.ID.String()) + ", at " + clock(found.At) + ": " + short(found.Text, 200)), nil
	})
}

// catch reads a message that somebody picked, and keeps its words: the event of a reaction brings none.
func (e *errand) catch() (incident.Refs, error) {
	_, picked, err := e.Store.Event(e.ctx, e.effect.Event())
	if err != nil || e.roomID() == "" {
		return nil, err
	}
	last, err := e.Store.Message(e.ctx, e.i.ID, picked.Message)
	if err != nil || last.ID != picked.ID {
		return nil, err // it is kept by now, or nobody wants it any more
	}
	if room := roomOf(picked); room != "" && room != e.roomID() {
		return nil, nil // that room was left, and shows us nothing any more: it does not stand here, and is not gone either
	}
	found, err := e.readMessage(picked.Message)
	if err != nil {
		return nil, err
	}
	f := finding{room: e.i.ID, message: incident.Message{Name: picked.Message}}
	f.stamp = incident.Stamp{By: picked.By, At: e.Now().UTC().Truncate(time.Millisecond), Request: e.effect.Request}
	if found != nil {
		f.message = *found
	}
	_, err = e.Store.Change(e.ctx, incident.Request{At: f.stamp.At}, func(tx incident.Tx) ([]byte, error) {
		return nil, f.keep(tx, func(i *incident.Incident, last incident.Event) error {
			switch {
			case last.ID != picked.ID:
				return incident.Refuse(incident.Conflict, "somebody was faster")
			case found == nil:
				return i.Deleted(last, incident.Stamp{By: incident.System, At: f.stamp.At, Request: f.stamp.Request})
			}
			return i.Catch(f.message, last, f.stamp)
		})
	})
	return nil, err
}

// readMessage reads one message of the room as the rules take it; nil where it is gone.
func (e *errand) readMessage(ts string) (*incident.Message, error) {
	m, err := e.standing(ts)
	if m == nil || err != nil {
		return nil, err
	}
	found := e.messageOf(e.ctx, e.roomID(), postedOf(*m))
	return &found, nil
}

// roomOf is the channel in which the message of an event stands; "" where nothing is kept of that.
func roomOf(e incident.Event) string {
	_, after, _ := strings.Cut(e.Link, "/archives/")
	room, _, _ := strings.Cut(after, "/")
	return room
}

// standing reads one message of the room, wherever in a thread it stands; nil where it is gone.
func (e *errand) standing(ts string) (*slack.Message, error) {
	page, _, _, err := e.Slack().GetConversationRepliesContext(e.ctx, &slack.GetConversationRepliesParameters{
		ChannelID: e.roomID(), Timestamp: ts, Oldest: ts, Latest: ts, Inclusive: true, Limit: 10, // the head of the thread comes with it
	})
	if refusedWith(err, "thread_not_found", "message_not_found") {
		return nil, nil
	}
	if err != nil {
		return nil, fault("conversations.replies", err)
	}
	for _, m := range page {
		if m.Timestamp == ts && m.SubType != "tombstone" {
			return &m, nil
		}
	}
	return nil, nil
}

// postedOf is a message as the library reads it.
func postedOf(m slack.Message) posted {
	raw, _ := json.Marshal(m.Msg) // what was read as JSON can be written
	var p posted
	_ = json.Unmarshal(raw, &p)
	return p
}
