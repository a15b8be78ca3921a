package slacksim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// channel is a public or private channel, or a direct message with the app.
type channel struct {
	id, name  string
	private   bool
	im        bool
	with      string // the person, for a direct message
	archived  bool
	topic     note
	purpose   note
	creator   string
	created   time.Time
	updated   time.Time
	members   map[string]bool
	messages  []*message // by ts, replies among them
	byTS      map[string]*message
	threads   map[string]int // replies by ts of the parent
	bookmarks []*bookmark
	pins      []string // ts
	previous  []string // names it had
}

type note struct {
	value, by string
	at        time.Time
}

type bookmark struct {
	id, title, link, emoji string
	created, updated       time.Time
}

// message is one message; ephemeral ones are kept in the same list.
type message struct {
	ts, thread string
	user, text string
	subtype    string
	blocks     []any
	attached   []any
	metadata   Object
	byApp      bool
	broadcast  bool
	edited     string // ts of the last edit
	reactions  []*reaction
	only       string // the person an ephemeral message is for
	extra      Object // fields of a system message
	room       string // id of its channel
	expected   bool   // a story has asked for it
}

type reaction struct {
	name  string
	users []string
}

// newChannel creates a channel with its creator as member. The caller holds the lock.
func (w *Workspace) newChannel(name string, private bool, creator string) *channel {
	c := &channel{
		id: w.mint("C"), name: name, private: private, creator: creator, created: w.now(), updated: w.now(),
		members: map[string]bool{creator: true}, byTS: map[string]*message{}, threads: map[string]int{},
	}
	w.channels[c.id] = c
	w.rooms = append(w.rooms, c.id)
	return c
}

// direct opens the direct messages between the app and a person. The caller holds the lock.
func (w *Workspace) direct(person string) *channel {
	for _, id := range w.rooms {
		if c := w.channels[id]; c.im && c.with == person {
			return c
		}
	}
	c := w.newChannel("", true, w.team.bot)
	delete(w.channels, c.id)
	c.id = "D" + c.id[1:]
	c.im, c.with, c.members[person] = true, person, true
	w.channels[c.id] = c
	w.rooms[len(w.rooms)-1] = c.id
	w.touch(screenEvent{Type: "state"})
	return c
}

func (c *channel) join(user string) { c.members[user] = true }

// kind is public, private or dm.
func (c *channel) kind() string {
	switch {
	case c.im:
		return "dm"
	case c.private:
		return "private"
	}
	return "public"
}

// sees tells whether a person may read the channel.
func (w *Workspace) sees(user string, c *channel) bool {
	if c.members[user] {
		return true
	}
	p := w.people[user]
	return c.kind() == "public" && p != nil && !p.Guest && !p.Stranger
}

// byName finds a channel that is no direct message. The caller holds the lock.
func (w *Workspace) byName(name string) *channel {
	name = strings.TrimPrefix(name, "#")
	for _, id := range w.rooms {
		if c := w.channels[id]; !c.im && c.name == name {
			return c
		}
	}
	return nil
}

// append posts a message and tells screens, stories and the app. The caller holds the lock.
func (w *Workspace) append(c *channel, m *message) *message {
	m.ts, m.room = w.stamp(), c.id
	c.messages = append(c.messages, m)
	c.byTS[m.ts] = m
	c.threads[m.thread]++
	w.touch(screenEvent{Type: "messages", Channel: c.id, Thread: m.thread})
	if m.only == "" {
		w.emitMessage(c, m)
	}
	return m
}

// remove deletes a message with its pin. Of one that has replies Slack leaves a tombstone, and says that it was changed.
// The caller holds the lock.
func (w *Workspace) remove(c *channel, m *message) {
	if m.only == "" && len(c.replies(m.ts)) > 0 {
		c.pins = slices.DeleteFunc(c.pins, func(ts string) bool { return ts == m.ts })
		w.edit(c, m, func(m *message) {
			m.subtype, m.text, m.user, m.byApp = "tombstone", "This message was deleted.", "USLACKBOT", false
			m.blocks, m.attached, m.metadata, m.reactions, m.extra = nil, nil, nil, nil, Object{"hidden": true}
		})
		return
	}
	c.messages = slices.DeleteFunc(c.messages, func(x *message) bool { return x == m })
	c.pins = slices.DeleteFunc(c.pins, func(ts string) bool { return ts == m.ts })
	delete(c.byTS, m.ts)
	c.threads[m.thread]--
	w.touch(screenEvent{Type: "messages", Channel: c.id, Thread: m.thread})
	if m.only == "" {
		before := w.messageJSON(c, m, false)
		w.emitChange(c, "message_deleted", Object{"deleted_ts": m.ts, "previous_message": before})
	}
}

// edit changes a message and marks it edited. The caller holds the lock.
func (w *Workspace) edit(c *channel, m *message, change func(*message)) {
	before := w.messageJSON(c, m, false)
	change(m)
	m.edited = w.stamp()
	w.touch(screenEvent{Type: "messages", Channel: c.id, Thread: m.thread})
	if m.only == "" {
		w.emitChange(c, "message_changed", Object{"message": w.messageJSON(c, m, false), "previous_message": before})
	}
}

// system posts one of Slack's own lines ("ada has joined the channel"). The caller holds the lock.
func (w *Workspace) system(c *channel, user, subtype, text string, extra Object) {
	w.append(c, &message{user: user, subtype: subtype, text: text, byApp: user == w.team.bot, extra: extra})
}

// addMember joins a person, with Slack's line and event. The caller holds the lock.
func (w *Workspace) addMember(c *channel, user, inviter string) {
	if c.members[user] {
		return
	}
	c.members[user] = true
	extra := Object{}
	if inviter != "" && inviter != user {
		extra["inviter"] = inviter
	}
	kind, word := "channel", "channel"
	if c.private {
		kind, word = "group", "group"
	}
	w.system(c, user, kind+"_join", "<@"+user+"> has joined the "+word, extra)
	event := Object{"user": user, "channel": c.id, "channel_type": letter(c), "team": w.team.id}
	maps.Copy(event, extra)
	w.emitIn(c, "member_joined_channel", event)
	w.touch(screenEvent{Type: "state"})
}

// dropMember takes a person out, with Slack's line and event. The caller holds the lock.
func (w *Workspace) dropMember(c *channel, user string) {
	if !c.members[user] {
		return
	}
	w.emitIn(c, "member_left_channel", Object{"user": user, "channel": c.id, "channel_type": letter(c), "team": w.team.id})
	delete(c.members, user)
	kind := "channel"
	if c.private {
		kind = "group"
	}
	w.system(c, user, kind+"_leave", "<@"+user+"> has left the channel", nil)
	w.touch(screenEvent{Type: "state"})
}

// letter is the old kind of a channel, as membership events name it.
func letter(c *channel) string {
	if c.private {
		return "G"
	}
	return "C"
}

// replies are the messages of a thread without its parent, oldest first.
func (c *channel) replies(thread string) []*message {
	var list []*message
	for _, m := range c.messages {
		if m.thread == thread && m.ts != thread && m.only == "" {
			list = append(list, m)
		}
	}
	return list
}

// memberIDs are sorted, so that pages are stable.
func (c *channel) memberIDs() []string { return slices.Sorted(maps.Keys(c.members)) }
